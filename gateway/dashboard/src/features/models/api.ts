import { api, body, type Model, type Schemas } from "@/api/client";
import type { ListSource } from "@/live/use_live_list";

/** All models, newest first. */
export function modelList(): ListSource<Model> {
  return {
    key: "models",
    stream: "models",
    read: ({ signal, ...query }) => body(api.GET("/api/v1/models", { params: { query }, signal: signal ?? null })),
    matches: () => true,
    // Headers and templates are written out as somebody wrote them, and may hold what opens something.
    keep: ({ headers: _, request_template: __, ...model }) => model,
  };
}

const one = (id: string) => ({ params: { path: { id } } });

export const readModel = (id: string) => body(api.GET("/api/v1/models/{id}", one(id)));
export const createModel = (given: Schemas["CreateModel"]) => body(api.POST("/api/v1/models", { body: given }));
export const changeModel = (id: string, given: Schemas["ChangeModel"]) => body(api.PATCH("/api/v1/models/{id}", { ...one(id), body: given }));
export const deleteModel = (id: string) => body(api.DELETE("/api/v1/models/{id}", one(id)));
export const setModelStatus = (id: string, status: Schemas["ModelStatus"]) => body(api.PUT("/api/v1/models/{id}/status", { ...one(id), body: { status } }));
