#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/memory_budget.h"

namespace hookline::net {

/// Header fields in the order received. Names are compared without regard to case. All text lives
/// in one block, so that a request with twenty fields costs two allocations.
class HeaderList {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  void Add(std::string_view name, std::string_view value);

  /// The first field called `name`; the view lives as long as this list is not changed or moved.
  std::optional<std::string_view> Find(std::string_view name) const;

  /// How many fields are called `name`.
  std::size_t Count(std::string_view name) const;

  std::size_t size() const { return spans_.size(); }
  bool empty() const { return spans_.empty(); }

  /// Field number `index`, which must be below size().
  Field At(std::size_t index) const;

 private:
  struct Span {
    std::uint32_t name_begin;
    std::uint32_t value_begin;
    std::uint32_t value_end;
  };

  std::string text_;
  std::vector<Span> spans_;
};

/// One request as a handler gets it. A plain value.
struct HttpRequest {
  std::string method;  ///< As sent: "GET", "POST" …
  std::string target;  ///< As sent: "/app?api_key=x".
  std::string path;    ///< Before '?', still percent-encoded; starts with exactly one '/'.
  std::vector<std::pair<std::string, std::string>> query;  ///< Decoded, in order.
  HeaderList headers;
  std::string body;          ///< Without transfer coding; content coding is left as sent.
  std::string peer_address;  ///< The peer's IP address as text, without port.
  /// What the server holds for this request: who makes more of it claims more. Null: not counted.
  /// Lives until the request is answered.
  MemoryBudget::Claim* memory = nullptr;

  /// The first header field called `name`, in any case.
  std::optional<std::string_view> Header(std::string_view name) const { return headers.Find(name); }

  /// The first query parameter called exactly `name`.
  std::optional<std::string_view> QueryParam(std::string_view name) const;
};

/// One answer. The server adds Date, Content-Length and Connection itself; `headers` must not hold
/// these or Transfer-Encoding.
struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;  ///< Close the connection after this answer.
};

enum class PlusMeans { kPlus, kSpace };

/// Decodes %XX. An incomplete or invalid escape stays as it is. `plus` says what '+' means: in form
/// data and query strings it is a space.
std::string PercentDecode(std::string_view text, PlusMeans plus = PlusMeans::kPlus);

/// Fills path and query from target: origin form ("/a?b=c"), absolute form ("http://h/a?b=c"), or
/// anything else ("*") taken as the path.
void SplitTarget(HttpRequest& request);

/// True if both are the same but for the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace hookline::net
