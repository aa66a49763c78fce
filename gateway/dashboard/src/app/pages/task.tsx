import { getRouteApi } from "@tanstack/react-router";
import { TaskPage } from "@/features/tasks/task_page";

const route = getRouteApi("/inside/tasks/$id");

export default function TaskRoute() {
  const { id } = route.useParams();
  return <TaskPage key={id} id={id} />;
}
