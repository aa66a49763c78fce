import { getRouteApi } from "@tanstack/react-router";
import { useSame } from "@/ui/list/use_same";
import { TaskList } from "@/features/tasks/task_list";

const route = getRouteApi("/inside/tasks");

export default function TasksRoute() {
  const { columns: _, ...filter } = route.useSearch();
  return <TaskList filter={useSame(filter)} />;
}
