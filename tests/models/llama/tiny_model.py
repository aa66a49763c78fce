"""Writes a llama model of random weights, 0.5 MB: its words are noise, its shapes are real."""
import sys

import gguf
import numpy

EMBEDDING, BLOCKS, HEADS, FEED_FORWARD, CONTEXT = 64, 2, 4, 128, 2048
SPECIAL = ("<unk>", "<s>", "</s>")
PRINTABLE = [chr(code) for code in range(32, 127)]


def tokens():
    """Token, score and type of each: the special ones, every byte, the printable characters."""
    special = [(word, 0.0, gguf.TokenType.UNKNOWN if word == "<unk>" else gguf.TokenType.CONTROL) for word in SPECIAL]
    every_byte = [(f"<0x{byte:02X}>", 0.0, gguf.TokenType.BYTE) for byte in range(256)]
    characters = [("▁" if c == " " else c, -float(i), gguf.TokenType.NORMAL) for i, c in enumerate(PRINTABLE)]
    return special + every_byte + characters


def write_header(writer, vocabulary):
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _, _ in vocabulary])
    writer.add_token_scores([score for _, score, _ in vocabulary])
    writer.add_token_types([int(kind) for _, _, kind in vocabulary])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


def write_tensors(writer, words):
    random = numpy.random.default_rng(7)

    def weights(name, *shape):
        writer.add_tensor(name, random.normal(0, 0.2, shape).astype(numpy.float32))

    def ones(name):
        writer.add_tensor(name, numpy.ones(EMBEDDING, dtype=numpy.float32))

    weights("token_embd.weight", words, EMBEDDING)
    for block in range(BLOCKS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{block}.{part}.weight", EMBEDDING, EMBEDDING)
        for part in ("ffn_gate", "ffn_up"):
            weights(f"blk.{block}.{part}.weight", FEED_FORWARD, EMBEDDING)
        weights(f"blk.{block}.ffn_down.weight", EMBEDDING, FEED_FORWARD)
        ones(f"blk.{block}.attn_norm.weight")
        ones(f"blk.{block}.ffn_norm.weight")
    ones("output_norm.weight")
    weights("output.weight", words, EMBEDDING)


def write(path):
    writer = gguf.GGUFWriter(path, "llama")
    vocabulary = tokens()
    write_header(writer, vocabulary)
    write_tensors(writer, len(vocabulary))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
