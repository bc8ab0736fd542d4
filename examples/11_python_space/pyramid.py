# SPDX-License-Identifier: Apache-2.0
from parnas_plugin import Network, Space, serve

class Pyramid(Space):
    def document(self):
        return {"name": "pyramid@1", "params": {"stages": {"integer": [1, 3]}, "width": {"one_of": [8, 16]}}}
    def decode(self, stages, width):
        network = Network([1, 8, 8])
        for stage in range(stages):
            network.conv(out=width << stage, kernel=3, stride=2, padding=1).norm().activation()
        return network.global_pool().linear(out=10)
serve(Pyramid())
