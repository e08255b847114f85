#!/usr/bin/env bash
# client.sh setup        installs missing packages (Debian, as root), generates the code and compiles
#                        (exit code 77: a package can't be installed)
# client.sh example ...  runs the example
# client.sh conformance  runs the cases of tests/conformance; its run.sh calls this
set -euo pipefail
cd "$(dirname "$0")"

jars=/usr/share/java
classpath=build/classes
for jar in protobuf protobuf-util gson guava perfmark-api opencensus-api error_prone_annotations \
  grpc-api grpc-context grpc-core grpc-netty grpc-protobuf grpc-protobuf-lite grpc-stub \
  netty-buffer netty-codec netty-codec-http netty-codec-http2 netty-codec-socks netty-common netty-handler netty-tcnative \
  netty-handler-proxy netty-resolver netty-transport netty-transport-native-unix-common proto-google-common-protos; do
  classpath+=:$jars/$jar.jar
done

command=$1
shift
case $command in
  setup)
    ../../eng/apt.sh default-jdk-headless libgrpc-java libprotobuf-java libgoogle-gson-java libguava-java libnetty-java \
      libnetty-tcnative-java libnetty-tcnative-jni libperfmark-java libopencensus-java libgoogle-common-protos-java protobuf-compiler \
      protobuf-compiler-grpc-java-plugin libprotobuf-dev || exit 77
    rm -rf gen build
    mkdir -p gen build/classes build/native
    # Debian's Netty needs OpenSSL for HTTP/2 over TLS, and asks for its library by another name than Debian's.
    cp /usr/lib/*/jni/libnetty-tcnative.so build/native/libnetty_tcnative.so
    /usr/bin/protoc --proto_path=../../protos --proto_path=../protos --java_out=gen --grpc-java_out=gen \
      --plugin=protoc-gen-grpc-java=/usr/bin/grpc_java_plugin \
      ../../protos/actions/v1/*.proto ../protos/actions/rpc/error_details.proto
    # The generated code names an annotation that Java no longer has.
    find gen -name '*Grpc.java' -exec sed -i '/^@javax.annotation.Generated(/,/^ *comments = .*)$/d' {} +
    find gen src -name '*.java' >build/sources
    javac -nowarn --release 17 -d build/classes -cp "$classpath" @build/sources
    ;;
  example) exec java -Djava.library.path=build/native -cp "$classpath" Example "$@" ;;
  conformance) exec java -Djava.library.path=build/native -cp "$classpath" Conformance ;;
esac
