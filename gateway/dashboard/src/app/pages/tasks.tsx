import { getRouteApi } from "@tanstack/react-router";
import { TaskList } from "@/features/tasks/task_list";

const route = getRouteApi("/inside/tasks");

export default function TasksRoute() {
  return <TaskList filter={route.useSearch()} />;
}
