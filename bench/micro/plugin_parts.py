# SPDX-License-Identifier: Apache-2.0
"""The plugin that plugin_bench.cpp calls as a process."""
from parnas_plugin import Network, Space, serve


class Values(Space):
    def document(self):
        return {"name": "values@1", "params": {"depth": {"integer": [1, 4]}}}

    def decode(self, depth):
        return {"depth": depth}


class Networks(Space):
    def document(self):
        return {"name": "networks@1", "params": {"depth": {"integer": [1, 4]}, "width": {"integer": [1, 64]}}}

    def decode(self, depth, width):
        network = Network([1, 8, 8])
        for _ in range(depth):
            network.conv(out=width, kernel=3, padding=1).norm().activation()
        return network.global_pool().linear(out=10)


serve(Values(), Networks())
