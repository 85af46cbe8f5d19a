// assay list: what can be measured, in which units, by which formula.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/run/case.h"
#include "reports/json.h"

namespace assay {
namespace {

Json::Array texts(const std::vector<std::string_view>& values) {
  Json::Array array;
  for (const auto& value : values) {
    array.emplace_back(value);
  }
  return array;
}

/// The names of scopes or rules.
template <class Word>
std::vector<std::string_view> names_of(const std::vector<Word>& words) {
  std::vector<std::string_view> names;
  names.reserve(words.size());
  for (const Word word : words) {
    names.push_back(name_of(word));
  }
  return names;
}

std::string joined(const std::vector<std::string_view>& words, std::string_view between) {
  std::string text;
  for (const std::string_view word : words) {
    text.append(text.empty() ? "" : between).append(word);
  }
  return text;
}

Json as_json(const Case& a_case) {
  Json::Array params;
  for (const Param& param : a_case.params) {
    params.emplace_back(
        Json::Object{{"name", param.name},
                     {"meaning", param.meaning},
                     {"values", texts(param.values)},
                     {"whole_number", param.whole},
                     {"default", param.fallback.empty() ? Json() : Json(param.fallback)}});
  }
  return Json::Object{{"id", a_case.id},
                      {"summary", a_case.summary},
                      {"formula", a_case.formula},
                      {"scopes", texts(names_of(a_case.scopes))},
                      {"rules", texts(names_of(a_case.rules))},
                      {"params", std::move(params)}};
}

std::string allowed(const Param& param) {
  std::string words = joined(param.values, ", ");
  if (param.whole) {
    words += (words.empty() ? "" : ", ") + std::string("a whole number");
  }
  return words + (param.fallback.empty() ? "" : "; default " + std::string(param.fallback));
}

void print(const Console& console, const Case& a_case) {
  console.out << painted(console, Tone::good, a_case.id) << '\n'
              << wrapped(a_case.summary, 2) << wrapped("value: " + std::string(a_case.formula), 2);
  console.out << wrapped("scopes: " + joined(names_of(a_case.scopes), ", "), 2)
              << wrapped("rules: " + joined(names_of(a_case.rules), ", "), 2);
  for (const Param& param : a_case.params) {
    console.out << beside("    " + std::string(param.name),
                          std::string(param.meaning) + " (" + allowed(param) + ")", 17);
  }
}

int list_command(const Console& console, bool json) {
  if (json) {
    Json::Array cases;
    for (const Case& a_case : all_cases()) {
      cases.push_back(as_json(a_case));
    }
    console.out << canonical_json(Json::Object{{"cases", std::move(cases)}}) << '\n';
    return k_exit_ok;
  }
  for (const Case& a_case : all_cases()) {
    print(console, a_case);
  }
  console.out << '\n' << wrapped("Units a contract may use: " + known_units(), 0);
  return k_exit_ok;
}

}  // namespace

void add_list(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("list", "What can be measured: cases, units, formulas");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->footer("Example\n  assay list --json");
  command->callback([&console = shell.console, &chosen = shell.chosen, json] {
    chosen = [&console, json] { return list_command(console, *json); };
  });
}

}  // namespace assay
