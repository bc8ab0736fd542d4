# SPDX-License-Identifier: Apache-2.0
field() { printf '%s' "$request" | sed -n "s/.*\"$1\":\\(\"[^\"]*\"\\|-\\{0,1\\}[0-9.e+-]*\\).*/\\1/p"; }

while read -r request; do
    case $request in
    *'"method":"describe"'*)
        result='{"protocol": 1, "evaluators": [{"name": "bowl@1", "metrics": ["loss"]}]}' ;;
    *'"method":"evaluator.evaluate"'*)
        loss=$(echo "$(field x) $(field y)" | awk '{print ($1 - 0.3) ^ 2 + ($2 + 0.2) ^ 2}')
        result="[{\"metrics\": {\"loss\": $loss}}]" ;;
    *)
        echo '{"jsonrpc": "2.0", "id": '"$(field id)"', "error": {"code": -32601, "message": "no such method"}}'
        continue ;;
    esac
    echo '{"jsonrpc": "2.0", "id": '"$(field id)"', "result": '"$result"'}'
done
