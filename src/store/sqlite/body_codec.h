#pragma once

#include <string>
#include <string_view>

namespace hookline::store::sqlite {

/// The bytes under which the body of an event is stored: LZ4 with a dictionary of what events have
/// in common, or the body as it is where that is no larger. Event bodies are most of what the
/// server writes, and nine tenths of one are what every other one has too. Thread-safe.
std::string PackBody(std::string_view body);

/// The body that was packed; bytes of an unpacked one, as earlier versions stored them, are given
/// back as they are. Throws Failure if the bytes are damaged.
std::string UnpackBody(std::string_view stored);

}  // namespace hookline::store::sqlite
