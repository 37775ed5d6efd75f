#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/socket_io.h"

namespace hookline::net {

/// A DNS server on a loopback address, over UDP and TCP, that answers from a table; names that are
/// not in it do not exist. Thread-safe.
class NameServer {
 public:
  enum class Habit {
    kAnswers,
    kSilent,     ///< Says nothing.
    kFails,      ///< SERVFAIL.
    kIgnoresV6,  ///< Says nothing to questions for IPv6 addresses.
    kFailsV6,    ///< SERVFAIL for them.
    kGarbage,    ///< Bytes that are no message.
    kTruncates,  ///< Over UDP; answers over TCP.
    kForges,     ///< Answers another question, with a wrong number, before the right one.
  };

  /// On the first free port unless one is given.
  explicit NameServer(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  void Set(const std::string& name, const std::vector<std::string>& addresses,
           std::uint32_t ttl = 60);
  void SetAlias(const std::string& name, const std::string& target, std::uint32_t ttl = 60);
  void Remove(const std::string& name);
  void SetHabit(const std::string& name, Habit habit);

  std::uint16_t port() const { return port_; }
  /// As AresOptions::servers takes it.
  std::string text() const { return address_ + ":" + std::to_string(port_); }

  /// Questions for a name's IPv4 addresses, so far.
  std::size_t questions(const std::string& name) const;
  /// False if there are fewer after a long time.
  bool WaitForQuestions(const std::string& name, std::size_t count);
  /// Of them, those that came over TCP.
  std::size_t questions_by_tcp() const;

 private:
  struct Entry {
    std::vector<std::string> addresses;
    std::string alias;
    std::uint32_t ttl = 60;
    Habit habit = Habit::kAnswers;
  };

  void Work();
  void OnDatagram();
  void OnStream();
  /// What to send, datagram by datagram.
  std::vector<std::string> Answers(std::string_view question, bool tcp);
  void AddRecords(std::string& answer, std::string name, std::uint16_t type,
                  std::uint16_t& count) const;

  const std::string address_;
  std::uint16_t port_ = 0;
  test_support::Fd udp_;
  test_support::Fd tcp_;
  test_support::Fd stop_;

  mutable std::mutex mutex_;
  std::condition_variable asked_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::size_t> questions_;
  std::size_t questions_by_tcp_ = 0;

  std::thread thread_;
};

}  // namespace hookline::net
