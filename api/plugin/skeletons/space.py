import parnas_plugin


class @Name@(parnas_plugin.Space):
    def document(self):
        return {"name": "@name@@1", "params": {"depth": {"integer": [1, 4]}, "width": {"integer": [4, 64], "step": 4}}}

    def decode(self, depth, width):
        network = parnas_plugin.Network([1, 8, 8])
        for _ in range(depth):
            network.conv(out=width, kernel=3, padding=1).norm().activation()
        return network.global_pool().linear(out=10)


parnas_plugin.serve(@Name@())
