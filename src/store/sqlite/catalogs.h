#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// Commands and channel types, with the catalogues made of them. A catalogue that was made is kept
/// with the version of what it was made of.
class CatalogTable {
 public:
  explicit CatalogTable(Connection& db);

  /// For a connection beside the writer's: looks whether the version is still the same.
  chat::CatalogPtr Find(AppId app);
  /// For the writer's, through which every change goes: what it keeps is right.
  chat::CatalogPtr FindOwn(AppId app);

  void PutType(AppId app, const chat::ChannelTypeRecord& type);
  void DeleteType(AppId app, std::string_view name);
  void PutCommand(AppId app, const chat::Command& command);
  void DeleteCommand(AppId app, std::string_view name);

  /// A job was rolled back: what was made of changes that are undone must go. Changes are rare, so
  /// that it is no loss to let everything go then.
  void OnRollback();
  /// The transaction is over, in whatever way; told after OnRollback.
  void OnEnd() { changed_ = false; }

 private:
  struct Kept {
    std::int64_t version;
    chat::CatalogPtr catalog;
  };

  std::int64_t VersionOf(AppId app);
  chat::CatalogPtr Load(AppId app);
  void Keep(AppId app, Kept kept);
  void Changed(AppId app);

  Statement version_;
  Statement types_;
  Statement commands_;
  Statement put_type_;
  Statement delete_type_;
  Statement put_command_;
  Statement delete_command_;
  Statement bump_version_;
  std::unordered_map<AppId, Kept> kept_;
  bool changed_ = false;  ///< In the present transaction.
};

}  // namespace hookline::store::sqlite
