-- Asks for the history of one user after another, each with a token of their own.
-- Arguments: a file with "user token" lines, the address with {user} in it, the line to begin at.

local requests, at = {}, 0

function init(arguments)
   for line in io.lines(arguments[1]) do
      local user, token = line:match("(%S+) (%S+)")
      local headers = {
         ["Accept"] = "application/json",
         ["Authorization"] = "Bearer " .. token,
         ["X-Forwarded-Proto"] = "https",
      }
      requests[#requests + 1] = wrk.format("GET", (arguments[2]:gsub("{user}", user)), headers)
   end
   at = tonumber(arguments[3]) % #requests
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "bytes": %d, "p50": %f, "p99": %f, "refused": %d, "lost": %d}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout
   ))
end
