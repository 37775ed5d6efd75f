#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct z_stream_s;

namespace hookline::net {

/// Unpacks one body that comes in pieces, and holds it to the checks of its format. Memory is
/// bounded whatever comes of a piece: what is unpacked is handed on bit by bit. Not thread-safe.
class BodyDecoder {
 public:
  enum class Coding : std::uint8_t {
    kGzip,     ///< RFC 1952; one member after another.
    kDeflate,  ///< RFC 1950, or without its wrapping (RFC 1951) as some servers send it.
  };
  enum class Step : std::uint8_t {
    kMore,     ///< All is well so far.
    kStopped,  ///< `take` has said so.
    kBroken,   ///< It is not of this coding, its checks fail, or more follows after its end.
    kFailed,   ///< No memory.
  };

  explicit BodyDecoder(Coding coding);
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;
  ~BodyDecoder();

  /// Unpacks the next piece. `take` gets what comes of it, and stops the work by returning false.
  /// Not to be called again after anything but kMore.
  Step Feed(std::string_view packed, const std::function<bool(std::string_view)>& take);

  /// What was fed is a whole body: it ends where its format says, with the right checks. An empty
  /// body is whole.
  bool whole() const { return ended_ || !begun_; }

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };

  bool Begin(char first);

  Coding coding_;
  bool begun_ = false;
  bool ended_ = false;
  std::unique_ptr<z_stream_s, End> stream_;
  std::vector<char> buffer_;
};

/// The coding that a Content-Encoding header names, several lines joined by commas. Nothing for
/// none ("" and "identity").
struct NamedCoding {
  std::optional<BodyDecoder::Coding> coding;
  bool unknown = false;  ///< It is another one, or more than one.
};
NamedCoding CodingOf(std::string_view content_encoding);

}  // namespace hookline::net
