-- Posts the file BENCH_BODY with the headers of BENCH_HEADERS (a flat JSON object of strings).
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
for name, value in os.getenv("BENCH_HEADERS"):gmatch('"([^"]+)":%s*"([^"]*)"') do
  wrk.headers[name] = value
end
