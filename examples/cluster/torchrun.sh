#!/bin/sh
# Trains by torchrun, which starts all processes again when one is lost:
#
#     DATA=photos OUT=runs/first ./torchrun.sh --epochs 100
#
# On several machines start it on each, with the place where one of them is reached by all:
#
#     DATA=photos OUT=runs/first NODES=4 MAIN=10.0.0.1:29500 ./torchrun.sh --epochs 100
#
# With DEVICE=cpu it does so without GPUs.
set -eu
# Where torchrun's libtorch is another one than um-mae's, they cannot share a store.
export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
exec torchrun --nnodes "${NODES:-1}" --nproc-per-node "${DEVICES:-8}" --max-restarts 3 \
  --rdzv-backend c10d --rdzv-endpoint "${MAIN:-localhost:0}" --rdzv-id "$OUT" --no-python \
  "${UM_MAE:-um-mae}" pretrain --data "$DATA" --model swin-tiny --device "${DEVICE:-cuda}" \
  --continue --out "$OUT" "$@"
