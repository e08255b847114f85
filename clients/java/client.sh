#!/usr/bin/env bash
# client.sh setup        installs what is missing (Debian, as root; elsewhere Maven does), generates the code and compiles
#                        (exit code 77: what is missing can't be had)
# client.sh example ...  runs the example
# client.sh conformance  runs tests/conformance, whose run.py calls this
set -euo pipefail
cd "$(dirname "$0")"

jars=/usr/share/java
debian=build/classes
for jar in protobuf protobuf-util gson guava perfmark-api opencensus-api error_prone_annotations \
  grpc-api grpc-context grpc-core grpc-netty grpc-protobuf grpc-protobuf-lite grpc-stub \
  netty-buffer netty-codec netty-codec-http netty-codec-http2 netty-codec-socks netty-common netty-handler netty-tcnative \
  netty-handler-proxy netty-resolver netty-transport netty-transport-native-unix-common proto-google-common-protos; do
  debian+=:$jars/$jar.jar
done

build_with_packages() {
  rm -rf gen build
  mkdir -p gen build/classes build/native
  # Debian's Netty needs OpenSSL for HTTP/2 over TLS, and asks for its library by another name than Debian's.
  cp /usr/lib/*/jni/libnetty-tcnative.so build/native/libnetty_tcnative.so
  /usr/bin/protoc --proto_path=../../protos --proto_path=../protos --java_out=gen --grpc-java_out=gen \
    --plugin=protoc-gen-grpc-java=/usr/bin/grpc_java_plugin \
    ../../protos/actions/v1/*.proto ../protos/actions/rpc/error_details.proto
  # The generated code names an annotation that Java no longer has.
  find gen -name '*Grpc.java' | while read -r file; do
    sed '/^@javax.annotation.Generated(/,/^ *comments = .*)$/d' "$file" >build/stripped
    mv build/stripped "$file"
  done
  find gen src -name '*.java' >build/sources
  javac -nowarn --release 17 -d build/classes -cp "$debian" @build/sources
  echo "$debian" >build/classpath
}

# pom.xml names the same versions.
build_with_maven() {
  command -v mvn >/dev/null || { echo "Missing: mvn"; exit 77; }
  rm -rf gen build
  mkdir build
  # The plugins and libraries first: their absence is no failure of the client.
  mvn --batch-mode --quiet -Dmaven.wagon.http.retryHandler.count=0 -Daether.connector.connectTimeout=10000 \
    dependency:build-classpath -Dmdep.outputFile=build/libraries </dev/null ||
    { echo "Maven's repository can't be reached."; exit 77; }
  mvn --batch-mode --quiet compile </dev/null
  echo "build/classes:$(cat build/libraries)" >build/classpath
}

command=$1
shift
case $command in
  setup)
    if ../../eng/apt.sh default-jdk-headless libgrpc-java libprotobuf-java libgoogle-gson-java libguava-java libnetty-java \
      libnetty-tcnative-java libnetty-tcnative-jni libperfmark-java libopencensus-java libgoogle-common-protos-java protobuf-compiler \
      protobuf-compiler-grpc-java-plugin libprotobuf-dev; then
      build_with_packages
    else
      build_with_maven
    fi
    ;;
  example) exec java -Djava.library.path=build/native -cp "$(cat build/classpath)" Example "$@" ;;
  conformance) exec java -Djava.library.path=build/native -cp "$(cat build/classpath)" Conformance ;;
esac
