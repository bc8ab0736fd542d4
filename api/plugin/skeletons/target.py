import parnas_plugin


class @Name@(parnas_plugin.Target):
    def describe(self):
        return {"name": "@name@@1", "hardware": "my board", "runtime": "my runtime", "threads": 1,
                "dtype": "fp32", "batch": 1, "layout": "nchw"}

    def estimate(self, network, options):
        # Ask a table, a formula or the board itself; here each node has a price.
        milliseconds = sum(0.01 + 0.001 * node.get("out", 0) for node in network["nodes"])
        return {"latency_ms": milliseconds, "low_ms": 0.9 * milliseconds, "high_ms": 1.1 * milliseconds}


parnas_plugin.serve(@Name@())
