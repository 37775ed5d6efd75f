// Goal: signatures equal HMAC-SHA256 as other implementations compute it, and nothing else passes.
// Method: RFC 4231 vectors and answers from Python's hmac; every single-digit change of a
// signature.
#include "hookline/signature.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "vectors.h"

namespace hookline::webhook {
namespace {

using vectors::kEvent;
using vectors::kEventSignature;
using vectors::kSecret;

TEST(SignTest, MatchesTheVectorsOfRfc4231) {
  EXPECT_EQ(Sign("Hi There", std::string(20, '\x0b')),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Sign("what do ya want for nothing?", "Jefe"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      Sign("Test Using Larger Than Block-Size Key - Hash Key First", std::string(131, '\xaa')),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(SignTest, MatchesPythonForAnEventBody) { EXPECT_EQ(Sign(kEvent, kSecret), kEventSignature); }

TEST(SignTest, TakesKeysAroundTheBlockSize) {
  EXPECT_EQ(Sign(kEvent, std::string(64, 'k')),
            "6bd2a65677261741ab5aa44da279afe18cceeccf9f5dec4c3c1a43cfeaffb95b");
  EXPECT_EQ(Sign(kEvent, std::string(65, 'k')),
            "3329bc910dcd24968887da78bede021dc6702522138ec0b3b305c7bd77b5b004");
}

TEST(SignTest, TakesAnyBytes) {
  EXPECT_EQ(Sign("", kSecret), "dbe6effe9edb4f50e2be54b37c719381ce0e52c78eb9cdeb5821d93e0614aafc");
  EXPECT_EQ(Sign(std::string_view("a\0b", 3), kSecret),
            "ef6a68793a6bbe7a2a22d431cf1063e549402ec67782f19835fb5dc3dd31a3ff");
  EXPECT_EQ(Sign("{\"text\":\"grüße 👋\"}", "schlüssel"),
            "361d6c14fee9097bda77df6ecb827edf5022bb936b5e0879380adefcf180e199");
}

TEST(SignTest, RefusesAnEmptySecret) {
  EXPECT_THROW(Sign("body", ""), std::invalid_argument);
  EXPECT_THROW(Signer{""}, std::invalid_argument);
}

TEST(SignerTest, GivesTheSameAnswerOnEveryCall) {
  const Signer signer(kSecret);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(signer.Sign(kEvent), kEventSignature);
    EXPECT_EQ(signer.Sign("hello"), vectors::kHelloSignature);
  }
}

TEST(SignerTest, CopiesOutliveTheOriginal) {
  auto original = std::make_unique<Signer>(kSecret);
  const Signer copy = *original;
  const Signer moved = std::move(*original);
  original.reset();
  EXPECT_EQ(copy.Sign(kEvent), kEventSignature);
  EXPECT_TRUE(moved.Verify(kEvent, kEventSignature));
}

TEST(SignerTest, MaySignOnManyThreadsAtOnce) {
  const Signer event_signer(kSecret);
  const Signer other_signer("Jefe");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) {
        if (event_signer.Sign(kEvent) != kEventSignature) ++wrong;
        if (!other_signer.Verify(
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")) {
          ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(VerifySignatureTest, AcceptsTheRightOne) {
  EXPECT_TRUE(VerifySignature(kEvent, kEventSignature, kSecret));
}

TEST(VerifySignatureTest, RefusesEverySingleDigitChange) {
  for (std::size_t i = 0; i < kEventSignature.size(); ++i) {
    std::string changed(kEventSignature);
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(VerifySignature(kEvent, changed, kSecret)) << "digit " << i;
  }
}

TEST(VerifySignatureTest, RefusesOtherBodiesAndSecrets) {
  EXPECT_FALSE(VerifySignature(std::string(kEvent) + " ", kEventSignature, kSecret));
  EXPECT_FALSE(VerifySignature("", kEventSignature, kSecret));
  EXPECT_FALSE(VerifySignature(kEvent, kEventSignature, "another secret"));
}

TEST(VerifySignatureTest, RefusesOtherSpellings) {
  const std::string right(kEventSignature);
  std::string upper = right;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  for (const std::string& spelling :
       {std::string(), upper, "sha256=" + right, " " + right, right + " ", right + "\n",
        right.substr(1), right + "0", right + right, vectors::Unhex(right)}) {
    EXPECT_FALSE(VerifySignature(kEvent, spelling, kSecret)) << '"' << spelling << '"';
  }
}

TEST(VerifySignatureTest, AnEmptySecretMatchesNothing) {
  // HMAC-SHA256 of "" under the empty key: right by the algorithm, and forgeable by everybody.
  EXPECT_FALSE(
      VerifySignature("", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", ""));
}

}  // namespace
}  // namespace hookline::webhook
