#!/bin/bash
# A Slurm of its own on this machine: munged, slurmctld and a slurmd for each node, all of them on
# loopback, with key, configuration, state and logs in one folder. Nothing in /etc is read or
# changed. It ends with its standard input, and so with whoever started it.
#   cluster.sh up FOLDER CONTROLLER_PORT NODE_PORT...   prints "ready" once all nodes are idle
#   cluster.sh crash FOLDER NODE                        a node goes as if its power did
# Nodes are n1, n2, ... If there is a file FOLDER/elsewhere, the last one has a host name and a
# /dev/shm of its own, as another host has.
set -u
what=$1
folder=$2
shift 2
export SLURM_CONF=$folder/slurm.conf

# kill_nodes PATTERN: slurmd and slurmstepd of this folder's nodes, by the log that they have open
# (they write over their environment); ranks end with their slurmstepd.
kill_nodes() {
  local log number
  find /proc/[0-9]*/fd -lname "$folder/log/slurmd.$1.log" 2>/dev/null | while read -r log; do
    number=${log#/proc/}
    kill -KILL "${number%%/*}" 2>/dev/null
  done
}

if [[ $what == crash ]]; then
  kill_nodes "$1"
  rm -f "$folder/pid.$1"
  exit 0
fi
controller_port=$1
shift

finish() {
  trap '' TERM INT HUP
  exec 2>/dev/null  # else the shell tells of each child that it was killed
  local file
  kill_nodes '*'
  for file in "$folder"/pid.*; do
    [[ -e $file ]] && kill -KILL "$(<"$file")" 2>/dev/null
  done
  kill_nodes '*'  # and what was just being started
  wait
}
trap 'exit 1' TERM INT HUP
trap finish EXIT

# start NAME COMMAND...: in the foreground of a child, known by its own number.
start() {
  local name=$1
  shift
  "$@" </dev/null >"$folder/log/$name.out" 2>&1 &
  echo $! >"$folder/pid.$name"
}

fail() {
  printf 'cluster.sh: %s\n' "$1" >&2
  tail -n 5 "$folder"/log/* >&2
  exit 1
}

# until_true WHAT SECONDS COMMAND...
until_true() {
  local what=$1 left=$(($2 * 20))
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    ((left-- > 0)) || fail "$what"
    sleep 0.05
  done
}

configuration() {
  cat <<END
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$folder/munge.socket
SlurmctldPort=$controller_port
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n/slurmd.pid
SlurmdSpoolDir=$folder/%n/spool
TmpFS=$folder/%n/tmp
StateSaveLocation=$folder/state
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=5
SlurmctldTimeout=10
InactiveLimit=0
KillWait=2
SchedulerType=sched/builtin
MpiDefault=none
PlugStackConfig=$folder/plugstack.conf
SlurmdParameters=config_overrides
END
  local node=0 port
  for port in "$@"; do
    node=$((node + 1))
    echo "NodeName=n$node NodeHostname=localhost NodeAddr=127.0.0.1 Port=$port CPUs=16"
  done
  echo "PartitionName=all Nodes=n[1-$node] Default=YES MaxTime=10 State=UP OverSubscribe=YES"
}

all_idle() {
  [[ $(sinfo -h -N -t idle -o '%n' 2>/dev/null | wc -l) == "$1" ]]
}

mkdir -p "$folder/log" "$folder/state" "$folder/n"{1..9}/{spool,tmp}
configuration "$@" >"$SLURM_CONF"
: >"$folder/plugstack.conf"
(umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
start munged munged --foreground --force --key-file="$folder/munge.key" \
  --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed"
until_true "munged makes no socket" 5 test -S "$folder/munge.socket"
start slurmctld slurmctld -D -f "$SLURM_CONF"
node=0
for _ in "$@"; do
  node=$((node + 1))
  if [[ -e $folder/elsewhere && $node == "$#" ]]; then
    # shellcheck disable=SC2016  # expanded by the inner shell
    start "n$node" unshare --mount --uts sh -c 'hostname "$1-host" && mount -t tmpfs none /dev/shm &&
      exec slurmd -D -N "$1" -f "$SLURM_CONF"' sh "n$node"
  else
    start "n$node" slurmd -D -N "n$node" -f "$SLURM_CONF"
  fi
done
until_true "not all nodes are idle" 20 all_idle "$node"
echo ready
exec 2>/dev/null  # as in finish
cat >/dev/null
