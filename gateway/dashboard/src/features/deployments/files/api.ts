import { api, body, noAnswer, problemOf, type Schemas } from "@/api/client";

export type Entry = Schemas["FileEntry"];

const one = (id: string) => ({ path: { id } });

export const listFiles = (id: string, path: string) =>
  body(api.GET("/api/v1/deployments/{id}/files", { params: { ...one(id), query: path === "" ? {} : { path } } }));
export const moveFile = (id: string, from: string, to: string) =>
  body(api.POST("/api/v1/deployments/{id}/files/move", { params: one(id), body: { from, to } }));
export const makeFolder = (id: string, path: string) => body(api.POST("/api/v1/deployments/{id}/files/folder", { params: one(id), body: { path } }));
export const removeFile = (id: string, path: string, recursive: boolean) =>
  body(api.DELETE("/api/v1/deployments/{id}/files/content", { params: { ...one(id), query: { path, ...(recursive ? { recursive } : {}) } } }));

export const contentAddress = (id: string, path: string): string => `/api/v1/deployments/${encodeURIComponent(id)}/files/content?path=${encodeURIComponent(path)}`;

export async function readFile(id: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(contentAddress(id, path), { credentials: "same-origin" });
  if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => undefined));
  return new Uint8Array(await answer.arrayBuffer());
}

/** Sends a file, and says how much of it is on its way; fetch cannot. */
export function writeFile(id: string, path: string, file: Blob, onProgress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", contentAddress(id, path));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 1);
    request.onerror = () => reject(noAnswer());
    request.onload = () => {
      if (request.status < 300) return resolve();
      let given: unknown;
      try {
        given = JSON.parse(request.responseText);
      } catch {
        given = undefined;
      }
      return reject(problemOf(request.status, given));
    };
    request.send(file);
  });
}
