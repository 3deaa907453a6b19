-- Sends the bodies of the file named in BENCH_BODIES, one JSON body a line, in turn.
local requests, turn = {}, 0
function init(_)
  local headers = { ["Content-Type"] = "application/json" }
  local authorization = os.getenv("BENCH_AUTHORIZATION")
  if authorization ~= "" then headers["Authorization"] = authorization end
  for line in io.lines(os.getenv("BENCH_BODIES")) do
    requests[#requests + 1] =
      wrk.format(os.getenv("BENCH_METHOD"), os.getenv("BENCH_PATH"), headers, line)
  end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('\n@@{"n":%d,"us":%d,"p50":%d,"p99":%d,"bad":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
