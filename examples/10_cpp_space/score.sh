# SPDX-License-Identifier: Apache-2.0
# Stands for training, which needs LibTorch: a number that depends on the candidate.
read -r candidate
sum=$(printf '%s' "$candidate" | sed 's/.*"parameters"://' | cksum | cut -d ' ' -f 1)
printf '{"metrics": {"score": 0.%04d}}\n' "$((sum % 10000))"
