/**
 * A key that no other request has: 128 random bits as 32 hexadecimal digits. Not `crypto.randomUUID`, which a page has
 * only by https or on loopback; behind a proxy in one's own network it may come by plain http.
 */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
