#include "store/sqlite/body_codec.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "store/store.h"

namespace hookline::store::sqlite {
namespace {

std::string Event(const std::string& text) {
  std::string body =
      R"({"type":"message.new","cid":"messaging:dock","message":{"id":"m1","text":")";
  body += text;
  body += R"(","type":"regular","attachments":[],"latest_reactions":[],"own_reactions":[],)"
          R"("reaction_counts":{},"reaction_scores":{},"reaction_groups":{},"reply_count":0}})";
  return body;
}

TEST(BodyCodecTest, GivesBackWhatWasPacked) {
  std::mt19937 random(7);
  for (int size = 0; size < 3000; size += 1 + size / 8) {
    std::string noise(static_cast<std::size_t>(size), '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_EQ(UnpackBody(PackBody(noise)), noise) << size;
    const std::string event = Event(noise);
    EXPECT_EQ(UnpackBody(PackBody(event)), event) << size;
  }
}

TEST(BodyCodecTest, AnEventTakesAFractionAndNothingGrows) {
  const std::string event = Event("crane is free");
  EXPECT_LT(PackBody(event).size(), event.size() / 3);
  std::mt19937 random(8);
  std::string noise(5000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  noise[0] = '{';
  EXPECT_EQ(PackBody(noise), noise);
  EXPECT_EQ(PackBody("{}"), "{}");
}

TEST(BodyCodecTest, WhatBeginsLikeAPackedBodyComesBackToo) {
  for (const std::string& body : {std::string("\x01"), std::string("\x01\x05\0\0\0abc", 8)}) {
    EXPECT_EQ(UnpackBody(PackBody(body)), body);
  }
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Unpacked, and packed with the first dictionary: both must be readable for ever.
TEST(BodyCodecTest, ReadsWhatEarlierVersionsStored) {
  EXPECT_EQ(UnpackBody(R"({"type":"user.updated"})"), R"({"type":"user.updated"})");
  EXPECT_EQ(
      UnpackBody(FromHex("01c500000005230a04d4170ffc0b0347646f636bd50b093400039a19036d020161030b2f"
                         "000241010432021532f40b02ee05356d31221200058c0701150003080cdb6372616e6520"
                         "69732066726565020c506172227d7d")),
      R"({"type":"message.new","cid":"messaging:dock","channel_type":"messaging",)"
      R"("channel_id":"dock","channel_member_count":2,"message_id":"m1",)"
      R"("message":{"id":"m1","text":"crane is free","type":"regular"}})");
}

TEST(BodyCodecTest, DamageIsAFailure) {
  const std::string packed = PackBody(Event(std::string(400, 'x') + "crane"));
  ASSERT_EQ(packed.front(), '\x01');
  for (std::size_t size = 1; size < packed.size(); ++size) {
    EXPECT_THROW(UnpackBody(std::string_view(packed).substr(0, size)), Failure) << size;
  }
  std::string larger = packed;
  larger[4] = '\x7f';  // The highest byte of the size.
  EXPECT_THROW(UnpackBody(larger), Failure);
}

}  // namespace
}  // namespace hookline::store::sqlite
