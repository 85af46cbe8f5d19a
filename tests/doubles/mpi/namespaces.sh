#!/bin/sh
# Hosts of a small network on one machine: namespaces NAME0, NAME1, ... on a bridge that lives in
# NAMEb, each with an address, a link and a clock of its own, 1000 s ahead of the one before.
#   namespaces.sh up NAME COUNT            makes them; ends with 77 where nobody may
#   namespaces.sh slow NAME HOST RATE      shapes the link of one host, both ways ("8mbit")
#   namespaces.sh far NAME HOST DELAY_US LOSS_PPM FAR_LINK   delays and loses its frames, both ways
#   namespaces.sh cut NAME HOST            takes the link of one host down
#   namespaces.sh down NAME COUNT          removes them
#   namespaces.sh launch NAME COUNT MPIRUN ARGUMENTS...   a launcher whose ranks are on the hosts
#   namespaces.sh agent OPTIONS... HOST COMMAND           what it starts its daemons with
set -eu

what=$1
shift

agent() {
  while :; do
    case $1 in
      -l) shift 2 ;;
      -*) shift ;;
      *) break ;;
    esac
  done
  host=$1
  shift
  # Each has a clock of its own, if the kernel can.
  ahead=$((${host##*n} * 1000))
  clock="--time --monotonic $ahead"
  # shellcheck disable=SC2086  # several words
  unshare $clock true 2>/dev/null || clock=
  # shellcheck disable=SC2016,SC2086  # expanded by the inner shell; several words
  exec nsenter "--net=/run/netns/$host" unshare --uts $clock \
    sh -c 'hostname "$0"; exec sh -c "$1"' "$host" "$*"
}

up() {
  ip netns add "$1b" 2>/dev/null || exit 77
  ip -n "$1b" link set lo up
  ip -n "$1b" link add br0 type bridge || exit 77
  ip -n "$1b" addr add 10.77.0.254/24 dev br0
  ip -n "$1b" link set br0 up
  host=0
  while [ "$host" -lt "$2" ]; do
    ip netns add "$1$host"
    ip -n "$1$host" link set lo up
    ip -n "$1b" link add eth0 netns "$1$host" type veth peer name "v$host" netns "$1b"
    ip -n "$1b" link set "v$host" master br0 up
    ip -n "$1$host" addr add "10.77.0.$((host + 1))/24" dev eth0
    ip -n "$1$host" link set eth0 up
    host=$((host + 1))
  done
}

# Daemons behind a link that was cut never hear that their job is over.
down() {
  host=0
  while [ "$host" -lt "$2" ]; do
    ip netns pids "$1$host" | while read -r process; do kill -9 "$process" || true; done
    ip netns del "$1$host" || true
    host=$((host + 1))
  done
  ip netns pids "$1b" | while read -r process; do kill -9 "$process" || true; done
  ip netns del "$1b" || true
}

cut() {
  ip -n "$1b" link set "v$2" down
}

slow() {
  tc -n "$1$2" qdisc add dev eth0 root tbf rate "$3" burst 16kb latency 400ms
  tc -n "$1b" qdisc add dev "v$2" root tbf rate "$3" burst 16kb latency 400ms
}

# Between its link and the bridge stands a program; it ends by itself.
far() {
  ip -n "$1b" link set "v$2" nomaster
  ip -n "$1b" link add "w$2" type veth peer name "x$2"
  ip -n "$1b" link set "x$2" master br0 up
  ip -n "$1b" link set "w$2" up
  nsenter "--net=/run/netns/${1}b" "$5" "v$2" "w$2" "$3" "$4" 120 </dev/null &
}

launch() {
  name=$1
  count=$2
  mpirun=$3
  shift 3
  hosts=${name}0:1
  host=1
  while [ "$host" -lt "$count" ]; do
    hosts=$hosts,$name$host:1
    host=$((host + 1))
  done
  exec nsenter "--net=/run/netns/${name}b" "$mpirun" --host "$hosts" --mca plm rsh \
    --mca plm_rsh_agent "$(realpath "$0") agent" --mca oob_tcp_if_include 10.77.0.0/24 \
    --mca btl_tcp_if_include 10.77.0.0/24 --mca pml ob1 --mca btl self,tcp "$@"
}

case $what in
  up | down | slow | far | cut | launch | agent) "$what" "$@" ;;
  *) exit 64 ;;
esac
