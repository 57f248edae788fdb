#!/bin/sh
# Installs dnsmasq, unbound, BIND, Knot Resolver and PowerDNS Recursor for the tests that load the exported lists into them (Debian, as root).
# Their daemons are not started: the tests start their own, on ports of their own.
set -eu
missing=
for pair in dnsmasq:dnsmasq-base unbound:unbound named:bind9 kresd:knot-resolver pdns_recursor:pdns-recursor; do
  PATH=$PATH:/usr/sbin command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "sluice: the tests that load lists into resolvers need$missing: apt-get install$missing" >&2
  exit 0
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT INT TERM
fi
export DEBIAN_FRONTEND=noninteractive
echo "sluice: installing$missing for the tests ..." >&2
# shellcheck disable=SC2086 # a word for each package
apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
  apt-get update -qq >/dev/null 2>&1
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
