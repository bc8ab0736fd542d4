# Stands for training until there is data: a number between 0 and 1 that depends on the candidate.
read -r candidate
sum=$(printf '%s' "$candidate" | sed 's/.*"parameters"://' | cksum | cut -d ' ' -f 1)
printf '{"metrics": {"score": 0.%04d}}\n' "$((sum % 10000))"
