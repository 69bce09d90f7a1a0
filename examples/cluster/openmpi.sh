#!/bin/sh
# Trains by Open MPI, one process for each GPU. HOSTS are such as node1:8,node2:8, of which the
# first is reached by its name from all:
#
#     DATA=photos OUT=runs/first HOSTS=node1:8,node2:8 ./openmpi.sh --epochs 100
#
# With DEVICE=cpu it does so without GPUs.
set -eu
exec mpirun --host "$HOSTS" --bind-to none \
  -x MASTER_ADDR="${HOSTS%%[:,]*}" -x MASTER_PORT="${PORT:-29500}" \
  "${UM_MAE:-um-mae}" pretrain --data "$DATA" --model swin-tiny --device "${DEVICE:-cuda}" \
  --continue --out "$OUT" "$@"
