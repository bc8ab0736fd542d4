# SPDX-License-Identifier: Apache-2.0
# Every find_package, once. All of it comes from Debian 12; nothing is downloaded.

find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(SQLite3 3.35 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 2 REQUIRED)
find_package(Boost 1.71 REQUIRED)  # headers only
find_package(Eigen3 3.4 REQUIRED NO_MODULE)  # headers only
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto OPTIONAL_COMPONENTS SSL)

# CMake 3.25's yaml-cpp 0.7 target has no namespace.
if(NOT TARGET yaml-cpp::yaml-cpp)
    add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# libcrypto hashes, and is always needed; libssl is for those who have no proxy in front.
set(tls_by_default OFF)
if(TARGET OpenSSL::SSL)
    set(tls_by_default ON)
endif()
option(PARNAS_TLS "Build TLS into the server" ${tls_by_default})
if(PARNAS_TLS AND NOT tls_by_default)
    message(FATAL_ERROR "PARNAS_TLS is ON but OpenSSL's libssl was not found: install libssl-dev, or "
                        "set OPENSSL_ROOT_DIR")
endif()

if(PARNAS_TESTS)
    find_package(Catch2 2.13 REQUIRED)
endif()

# The micro benchmarks are optional: nobody needs them who only builds on parnas.
find_package(benchmark 1.7 QUIET)
set(bench_by_default OFF)
if(PROJECT_IS_TOP_LEVEL AND benchmark_FOUND)
    set(bench_by_default ON)
endif()
option(PARNAS_BENCH "Build the micro benchmarks" ${bench_by_default})
if(PARNAS_BENCH AND NOT benchmark_FOUND)
    message(FATAL_ERROR "PARNAS_BENCH is ON but Google Benchmark was not found: install "
                        "libbenchmark-dev, or set CMAKE_PREFIX_PATH")
endif()

# So is LibTorch: without it everything but training and timing builds and runs.
find_package(Torch QUIET)
option(PARNAS_TORCH "Build the LibTorch module" ${Torch_FOUND})
if(PARNAS_TORCH AND NOT Torch_FOUND)
    message(FATAL_ERROR "PARNAS_TORCH is ON but LibTorch was not found: install libtorch-dev, or set "
                        "CMAKE_PREFIX_PATH to a LibTorch of 1.13 or newer")
endif()

# So is ONNX, which writes networks for other runtimes.
find_package(ONNX 1.12 QUIET)
find_package(Protobuf 3.21 QUIET)
set(onnx_by_default OFF)
if(ONNX_FOUND AND Protobuf_FOUND)
    set(onnx_by_default ON)
endif()
option(PARNAS_ONNX "Build the export to ONNX" ${onnx_by_default})
if(PARNAS_ONNX AND NOT (ONNX_FOUND AND Protobuf_FOUND))
    message(FATAL_ERROR "PARNAS_ONNX is ON but ONNX was not found: install libonnx-dev and "
                        "libprotobuf-dev, or set CMAKE_PREFIX_PATH")
endif()

# And gRPC, which Optuna's clients speak.
find_package(gRPC 1.51 CONFIG QUIET)
set(grpc_by_default OFF)
if(gRPC_FOUND AND Protobuf_FOUND AND Protobuf_PROTOC_EXECUTABLE)
    set(grpc_by_default ON)
endif()
option(PARNAS_GRPC "Build the gRPC module for Optuna's clients" ${grpc_by_default})
if(PARNAS_GRPC AND NOT grpc_by_default)
    message(FATAL_ERROR "PARNAS_GRPC is ON but gRPC was not found: install libgrpc++-dev, "
                        "protobuf-compiler-grpc and protobuf-compiler, or set CMAKE_PREFIX_PATH")
endif()

# And OpenCV, which checks and times what was written. libopencv-dnn-dev has no CMake package
# without the rest of OpenCV.
find_path(PARNAS_OPENCV_INCLUDE_DIR opencv2/dnn.hpp PATH_SUFFIXES opencv4)
find_library(PARNAS_OPENCV_DNN opencv_dnn)
find_library(PARNAS_OPENCV_CORE opencv_core)
set(opencv_by_default OFF)
if(PARNAS_OPENCV_INCLUDE_DIR AND PARNAS_OPENCV_DNN AND PARNAS_OPENCV_CORE)
    set(opencv_by_default ON)
endif()
option(PARNAS_OPENCV "Build the OpenCV module" ${opencv_by_default})
if(PARNAS_OPENCV AND NOT opencv_by_default)
    message(FATAL_ERROR "PARNAS_OPENCV is ON but OpenCV was not found: install libopencv-dnn-dev, or "
                        "set CMAKE_PREFIX_PATH")
endif()
