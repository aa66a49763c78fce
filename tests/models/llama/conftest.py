import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "system")]
from llama_servers import chat_port, embedding_port, endless_port, model_file, open_chat_port  # noqa: E402, F401
