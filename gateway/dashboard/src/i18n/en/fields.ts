export const fields = {
  fields: { reason: "Reason", code: "Reason code", desired: "Asked for", label: "Label {{key}}", exitCode: "Exit code", stopped: "Ended" },
};
