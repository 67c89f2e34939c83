/** What HTTP answers before the region knows the members. *pure* */
export function starting(): Response {
  const body = {
    type: "/problems/not-serving",
    title: "The region is starting",
    status: 503,
    detail: "This region does not know yet who votes in the deployment.",
    code: "not-serving",
  };
  const headers = { "content-type": "application/problem+json", "retry-after": "1" };
  return new Response(JSON.stringify(body), { status: 503, headers });
}
