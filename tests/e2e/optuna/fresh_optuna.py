# SPDX-License-Identifier: Apache-2.0
"""A newer Optuna than the system's, from a source tree, made to run on this system."""
import pathlib
import shutil
import subprocess
import sys


def prepare(source, into):
    """Copies Optuna's package from the tree `source` into the folder `into`, with stubs of its gRPC
    protocol made by this system's compiler: those in the tree ask for a newer protobuf."""
    package = pathlib.Path(into) / "optuna"
    shutil.copytree(pathlib.Path(source) / "optuna", package)
    protocol = package / "storages" / "_grpc"
    if protocol.exists():
        stubs = protocol / "auto_generated"
        subprocess.run(["protoc", f"--proto_path={protocol}", f"--python_out={stubs}", f"--grpc_python_out={stubs}",
                        f"--plugin=protoc-gen-grpc_python={shutil.which('grpc_python_plugin')}", "api.proto"],
                       check=True)
        client = stubs / "api_pb2_grpc.py"
        client.write_text(client.read_text().replace(
            "import api_pb2 as", "import optuna.storages._grpc.auto_generated.api_pb2 as"))
    return str(into)


if __name__ == "__main__":
    print(prepare(sys.argv[1], sys.argv[2]))
