#!/bin/bash
# Two nodes, one worker each. `srun` tells every task which nodes there are; nnspec reads that by itself.
# The folder must be one that all nodes see. If a worker is lost, all end, and the loop goes on from the last checkpoint.
#SBATCH --job-name=training
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00

set -u
cd "${SLURM_SUBMIT_DIR:-.}" || exit 1

for attempt in 1 2 3 4; do
  echo "attempt $attempt"
  srun --kill-on-bad-exit=1 nnspec train spec.yaml --run run --set train.strategy=multi_worker && exit 0
done
exit 1
