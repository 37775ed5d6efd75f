#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/model.h"

/// Lists in a column, as JSON text.
namespace hookline::store::sqlite {

std::string EncodeStrings(const std::vector<std::string>& items);
std::vector<std::string> DecodeStrings(std::string_view json);

std::string EncodeGroups(const std::vector<chat::ReactionGroup>& groups);
std::vector<chat::ReactionGroup> DecodeGroups(std::string_view json);

}  // namespace hookline::store::sqlite
