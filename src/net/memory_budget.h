#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hookline::net {

/// The bytes that requests and answers may take up at once, all together. Bytes are given or
/// refused; nobody waits for them, so that nothing can lock up. Thread-safe.
///
/// A quarter is kept for the beginnings of requests, so that a flood of large ones leaves the small
/// ones alone. Of either part an app or an address may hold as much as it leaves free: half of it
/// if nobody else wants any, a third each of two. So a newcomer always finds room.
class MemoryBudget {
 public:
  /// What a request may take up in any case: its header, a small body, a small answer.
  static constexpr std::size_t kBeginningBytes = 8 * 1024;

  explicit MemoryBudget(std::size_t bytes)
      : beginnings_{bytes / 4, 0, {}}, rest_{bytes - bytes / 4, 0, {}} {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// What one request holds; given back when it is destroyed. Movable; the budget must outlive it.
  /// For one thread at a time.
  class Claim {
   public:
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&& other) noexcept;
    ~Claim();

    /// Holds `bytes` in all from now on. False, with nothing changed, if there is no room for them;
    /// never for fewer than it holds.
    [[nodiscard]] bool Resize(std::size_t bytes);
    /// Resize(bytes() + more).
    [[nodiscard]] bool Add(std::size_t more) { return Resize(bytes() + more); }
    /// As Resize(), but for what has to be held whether there is room or not: others find less.
    void Force(std::size_t bytes);

    std::size_t bytes() const { return kBeginningBytes + more_; }
    /// What an app can hold when nobody else holds anything: what is larger never finds room.
    std::size_t bytes_max() const { return kBeginningBytes + budget_->rest_.bytes / 2; }

   private:
    friend class MemoryBudget;
    Claim(MemoryBudget& budget, std::string_view app, std::string_view address)
        : budget_(&budget), app_(app), address_(address) {}

    void Release();

    MemoryBudget* budget_;
    std::string app_;
    std::string address_;
    std::size_t more_ = 0;  ///< Beyond the beginning.
  };

  /// The beginning of a request; nothing if there is no room. The names are those of the shares
  /// that it is counted in; an empty one stands for none.
  std::optional<Claim> Open(std::string_view app, std::string_view address);

  /// Bytes held at this moment.
  std::size_t used() const;

 private:
  struct Part {
    std::size_t bytes;
    std::size_t used;
    std::unordered_map<std::string, std::size_t> shares;  ///< By kind and name; none is 0.

    std::size_t ShareOf(const std::string& name) const;
    bool HasRoom(const Claim& claim, std::size_t more) const;
    void Take(const Claim& claim, std::size_t more);
    void GiveBack(const Claim& claim, std::size_t bytes);
    void GiveBack(const std::string& name, std::size_t bytes);
  };

  bool Change(Claim& claim, std::size_t more, bool force);

  mutable std::mutex mutex_;
  Part beginnings_;
  Part rest_;
};

}  // namespace hookline::net
