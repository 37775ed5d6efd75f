#include "name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "net/ip_address.h"

namespace hookline::net {

namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAlias = 5;
constexpr std::uint16_t kTypeAaaa = 28;
constexpr std::size_t kHeaderBytes = 12;

void Put16(std::string& out, std::uint32_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}
void Put32(std::string& out, std::uint32_t value) {
  Put16(out, value >> 16);
  Put16(out, value & 0xffff);
}
std::uint16_t Get16(std::string_view in, std::size_t at) {
  return static_cast<std::uint16_t>((static_cast<unsigned char>(in[at]) << 8) |
                                    static_cast<unsigned char>(in[at + 1]));
}

std::string Labels(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out.push_back(static_cast<char>(label.size()));
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out.push_back('\0');
  return out;
}

std::string NameIn(std::string_view question) {
  std::string name;
  std::size_t at = kHeaderBytes;
  while (at < question.size() && question[at] != '\0') {
    const auto bytes = static_cast<std::size_t>(question[at]);
    if (!name.empty()) name.push_back('.');
    name += question.substr(at + 1, bytes);
    at += bytes + 1;
  }
  return name;
}

void PutRecord(std::string& out, const std::string& name, std::uint16_t type, std::uint32_t ttl,
               std::string_view data) {
  out += Labels(name);
  Put16(out, type);
  Put16(out, 1);
  Put32(out, ttl);
  Put16(out, static_cast<std::uint32_t>(data.size()));
  out += data;
}

[[noreturn]] void Abort(const char* what) {
  std::perror(what);
  std::abort();
}

}  // namespace

NameServer::NameServer(const std::string& address, std::uint16_t port)
    : address_(address), stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  const auto* generic = reinterpret_cast<const sockaddr*>(&where);
  for (int attempt = 0;; ++attempt) {
    where.sin_port = htons(port);
    tcp_ = test_support::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (::bind(tcp_.get(), generic, sizeof(where)) != 0) Abort("bind");
    socklen_t bytes = sizeof(where);
    ::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&where), &bytes);
    udp_ = test_support::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(udp_.get(), generic, sizeof(where)) == 0) break;
    if (port != 0 || attempt == 20) Abort("bind");
  }
  port_ = ntohs(where.sin_port);
  if (::listen(tcp_.get(), 16) != 0) Abort("listen");
  thread_ = std::thread([this] { Work(); });
}

NameServer::~NameServer() {
  const std::uint64_t one = 1;
  if (::write(stop_.get(), &one, sizeof(one)) != sizeof(one)) Abort("write");
  thread_.join();
}

void NameServer::Set(const std::string& name, const std::vector<std::string>& addresses,
                     std::uint32_t ttl) {
  const std::lock_guard lock(mutex_);
  entries_[name].addresses = addresses;
  entries_[name].ttl = ttl;
}

void NameServer::SetAlias(const std::string& name, const std::string& target, std::uint32_t ttl) {
  const std::lock_guard lock(mutex_);
  entries_[name].alias = target;
  entries_[name].ttl = ttl;
}

void NameServer::Remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  entries_.erase(name);
}

void NameServer::SetHabit(const std::string& name, Habit habit) {
  const std::lock_guard lock(mutex_);
  entries_[name].habit = habit;
}

std::size_t NameServer::questions(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = questions_.find(name);
  return found == questions_.end() ? 0 : found->second;
}

std::size_t NameServer::questions_by_tcp() const {
  const std::lock_guard lock(mutex_);
  return questions_by_tcp_;
}

bool NameServer::WaitForQuestions(const std::string& name, std::size_t count) {
  std::unique_lock lock(mutex_);
  return asked_.wait_for(lock, test_support::kPatience, [&] { return questions_[name] >= count; });
}

void NameServer::Work() {
  while (true) {
    std::array<pollfd, 3> fds = {pollfd{udp_.get(), POLLIN, 0}, pollfd{tcp_.get(), POLLIN, 0},
                                 pollfd{stop_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[2].revents != 0) return;
    if (fds[0].revents != 0) OnDatagram();
    if (fds[1].revents != 0) OnStream();
  }
}

void NameServer::OnDatagram() {
  std::array<char, 2048> block;
  sockaddr_in from{};
  socklen_t from_bytes = sizeof(from);
  auto* peer = reinterpret_cast<sockaddr*>(&from);
  const ssize_t bytes = ::recvfrom(udp_.get(), block.data(), block.size(), 0, peer, &from_bytes);
  if (bytes < static_cast<ssize_t>(kHeaderBytes)) return;
  for (const std::string& answer :
       Answers({block.data(), static_cast<std::size_t>(bytes)}, false)) {
    ::sendto(udp_.get(), answer.data(), answer.size(), MSG_NOSIGNAL, peer, from_bytes);
  }
}

void NameServer::OnStream() {
  const test_support::Fd connection(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::string buffer;
  // As many questions as come, until the client closes.
  while (test_support::ReadMore(connection.get(), stop_.get(), buffer)) {
    while (buffer.size() >= 2 && buffer.size() >= 2U + Get16(buffer, 0)) {
      const std::size_t bytes = Get16(buffer, 0);
      for (const std::string& answer : Answers(std::string_view(buffer).substr(2, bytes), true)) {
        std::string framed;
        Put16(framed, static_cast<std::uint32_t>(answer.size()));
        test_support::WriteAll(connection.get(), framed + answer);
      }
      buffer.erase(0, 2 + bytes);
    }
  }
}

std::vector<std::string> NameServer::Answers(std::string_view question, bool tcp) {
  const std::string name = NameIn(question);
  const std::size_t end = kHeaderBytes + Labels(name).size() + 4;
  if (question.size() < end) return {};
  const std::uint16_t type = Get16(question, end - 4);
  const std::lock_guard lock(mutex_);
  if (type == kTypeA) {
    ++questions_[name];
    if (tcp) ++questions_by_tcp_;
    asked_.notify_all();
  }
  const auto found = entries_.find(name);
  const Habit habit = found == entries_.end() ? Habit::kAnswers : found->second.habit;
  if (habit == Habit::kSilent) return {};
  if (habit == Habit::kIgnoresV6 && type == kTypeAaaa) return {};
  const bool fails = habit == Habit::kFails || (habit == Habit::kFailsV6 && type == kTypeAaaa);
  if (habit == Habit::kGarbage) return {std::string(40, '\xff')};

  std::string records;
  std::uint16_t count = 0;
  const bool truncates = habit == Habit::kTruncates && !tcp;
  if (!truncates && !fails) AddRecords(records, name, type, count);
  std::uint32_t flags = 0x8180;  // An answer; recursion was desired, and is available.
  if (truncates) flags |= 0x0200;
  if (fails) flags |= 2;
  if (found == entries_.end()) flags |= 3;
  std::string answer(question.substr(0, 2));
  Put16(answer, flags);
  Put16(answer, 1);
  Put16(answer, count);
  Put32(answer, 0);
  answer += question.substr(kHeaderBytes, end - kHeaderBytes);
  answer += records;
  if (habit != Habit::kForges) return {answer};
  std::string wrong_number = answer;
  wrong_number[0] = static_cast<char>(~wrong_number[0]);
  std::string wrong_name = answer;
  wrong_name[kHeaderBytes + 1] = 'Z';
  return {wrong_number, wrong_name, answer};
}

void NameServer::AddRecords(std::string& answer, std::string name, std::uint16_t type,
                            std::uint16_t& count) const {
  auto found = entries_.find(name);
  while (found != entries_.end() && !found->second.alias.empty() && count < 20) {
    const Entry& entry = found->second;
    PutRecord(answer, name, kTypeAlias, entry.ttl, Labels(entry.alias));
    ++count;
    name = entry.alias;
    found = entries_.find(name);
  }
  if (found == entries_.end()) return;
  for (const std::string& text : found->second.addresses) {
    const auto address = IpAddress::Parse(text);
    if (address->is_v4() != (type == kTypeA) || (type != kTypeA && type != kTypeAaaa)) continue;
    const std::size_t bytes = address->is_v4() ? 4 : 16;
    PutRecord(answer, name, type, found->second.ttl,
              {reinterpret_cast<const char*>(address->bytes().data()), bytes});
    ++count;
  }
}

}  // namespace hookline::net
