"""As much of Kafka's protocol as tells whether a broker answers: one Metadata request."""
import socket
import struct

METADATA = 3
VERSION = 1
ANSWER_BYTES_MAX = 1 << 20


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0]

    def text(self):
        size = self.take("h")
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at].decode()


def exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("the broker closed the connection")
        data += part
    return data


def members(port, timeout_s, address="127.0.0.1"):
    """({node id: port} of the brokers that take part, id of the controller or -1), as the broker at `port` sees it.
    Raises OSError when it does not answer."""
    name = b"computehub"
    request = struct.pack(f">hhih{len(name)}si", METADATA, VERSION, 1, len(name), name, 0)
    with socket.create_connection((address, port), timeout_s) as connection:
        connection.settimeout(timeout_s)
        connection.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", exactly(connection, 4))[0]
        if not 0 < size <= ANSWER_BYTES_MAX:
            raise OSError(f"no broker answers at port {port}")
        answer = Reader(exactly(connection, size))
    try:
        answer.take("i")
        brokers = {}
        for _ in range(answer.take("i")):
            node = answer.take("i")
            answer.text()
            brokers[node] = answer.take("i")
            answer.text()
        return brokers, answer.take("i")
    except (struct.error, UnicodeDecodeError) as error:
        raise OSError(f"what answers at port {port} is no broker") from error
