/** Paths in a workspace are relative, with "/" between folders; "" is the workspace itself. */
export const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** The folders down to `path`, each with its own path. */
export function trail(path: string): { name: string; path: string }[] {
  const names = path.split("/").filter(Boolean);
  return names.map((name, index) => ({ name, path: names.slice(0, index + 1).join("/") }));
}

/** Whether a file can have this name: none of a folder's own names, no way elsewhere. */
export const isName = (name: string): boolean => name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name) && name.length <= 255;

const images: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", bmp: "image/bmp", avif: "image/avif" };

/** The type of an image that can be shown, by its name. Drawings (SVG) are shown as the text that they are: they can hold script. */
export const imageType = (name: string): string | undefined => images[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];

/** The text, or undefined when the bytes are none. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
