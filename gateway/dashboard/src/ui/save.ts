/** Has the browser save a file that was made here. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[^\p{L}\p{N}_.-]+/gu, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
