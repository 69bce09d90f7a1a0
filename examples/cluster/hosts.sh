#!/bin/sh
# Trains on several machines without a cluster. Start it on each, with its number from 0; MAIN is an
# address of machine 0 that all reach:
#
#     DATA=photos OUT=runs/first NODES=2 NODE=0 MAIN=10.0.0.1:29500 ./hosts.sh --epochs 100
#
# With DEVICE=cpu it does so without GPUs.
set -eu
exec "${UM_MAE:-um-mae}" pretrain --data "$DATA" --model swin-tiny --device "${DEVICE:-cuda}" \
  --devices "${DEVICES:-8}" --nodes "$NODES" --node-rank "$NODE" --main "$MAIN" \
  --continue --out "$OUT" "$@"
