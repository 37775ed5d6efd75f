#include "net/http_call.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

namespace hookline::net {

HeaderBlock::HeaderBlock(std::vector<std::string> lines) : lines_(std::move(lines)) {
  std::erase_if(lines_, [](const std::string& line) {
    return line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
  });
  // What libcurl would add by itself and we don't want, unless a line before asks for it: the
  // round trip of "Expect: 100-continue", and a guess at the content type.
  lines_.emplace_back("Expect:");
  lines_.emplace_back("Content-Type:");
  nodes_.reserve(lines_.size());
  for (std::string& line : lines_) nodes_.push_back({line.data(), nullptr});
  for (std::size_t i = 0; i + 1 < nodes_.size(); ++i) nodes_[i].next = &nodes_[i + 1];
}

HeaderBlock::~HeaderBlock() = default;

curl_slist* HeaderBlock::first() const {
  // libcurl's interface is not const-correct, but it only reads the list.
  return const_cast<curl_slist*>(nodes_.data());
}

}  // namespace hookline::net
