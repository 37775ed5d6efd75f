#pragma once

#include <cstddef>

#include "api/operation.h"

/// Marking channels read: one, or all of a user's.
namespace hookline::api {

/// `event` of the answer: what the member has read of the channel.
void WriteReadEvent(WriteScope& scope, json::Writer& w, const chat::Channel& channel,
                    const chat::Member& member);

/// How far MarkChannelsRead has come: a user may be in so many channels that one transaction for
/// all of them would keep every other writer waiting.
struct ReadSteps {
  std::size_t done = 0;  ///< Channels of the steps that were committed.
  std::size_t step = 0;  ///< Channels of the latest step.
  bool more = false;     ///< It was not the last one.
};
inline constexpr std::size_t kReadStep = 100;

/// One step of MarkChannelsRead. `read_by_channel` names the channels (of each a message, or ""),
/// at most 1,000; without it, all of which the user is a member. The first step judges the whole
/// request: kInput, and nothing done, if one of the named channels is not there or not the user's.
Result<void> MarkChannelsRead(WriteScope& scope, json::Writer& w, ReadSteps& steps);

}  // namespace hookline::api
