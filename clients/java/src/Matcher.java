import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Map;

/** Compares an actual value with a case's `expect`, and stores the values that the case saves. */
final class Matcher {
  // Stands for a missing value; JSON's null is a value.
  private static final JsonPrimitive ABSENT = new JsonPrimitive("$unset");

  private final Map<String, String> saved;

  Matcher(Map<String, String> saved) {
    this.saved = saved;
  }

  static final class Mismatch extends RuntimeException {
    Mismatch(String message) {
      super(message);
    }
  }

  void match(JsonElement expected, JsonElement actual, String path) {
    if (!fits(expected, actual, path)) {
      throw new Mismatch(path + ": expected " + expected + ", got " + actual);
    }
  }

  String fill(String text) {
    for (var value : saved.entrySet()) {
      text = text.replace("${" + value.getKey() + "}", value.getValue());
    }
    return text;
  }

  JsonElement fill(JsonElement value) {
    if (value.isJsonObject()) {
      var filled = new JsonObject();
      value.getAsJsonObject().entrySet().forEach(field -> filled.add(fill(field.getKey()), fill(field.getValue())));
      return filled;
    }
    if (value.isJsonArray()) {
      var filled = new JsonArray();
      value.getAsJsonArray().forEach(item -> filled.add(fill(item)));
      return filled;
    }
    return isText(value) ? new JsonPrimitive(fill(value.getAsString())) : value;
  }

  private boolean fits(JsonElement expected, JsonElement actual, String path) {
    if (expected.isJsonObject() && actual.isJsonObject()) {
      return fitsObject(expected.getAsJsonObject(), actual.getAsJsonObject(), path);
    }
    if (expected.isJsonArray() && actual.isJsonArray()) {
      return fitsList(expected.getAsJsonArray(), actual.getAsJsonArray(), path);
    }
    if (isText(expected)) {
      return fitsText(expected.getAsString(), actual);
    }
    return isNumber(expected) && isNumber(actual)
        ? expected.getAsDouble() == actual.getAsDouble()
        : expected.equals(actual);
  }

  private boolean fitsObject(JsonObject expected, JsonObject actual, String path) {
    for (var field : expected.entrySet()) {
      var name = field.getKey();
      if (!name.equals("$only") && !name.equals("$repeat")) {
        match(field.getValue(), actual.has(name) ? actual.get(name) : ABSENT, path + "." + name);
      }
    }
    return !expected.has("$only") || expected.keySet().containsAll(actual.keySet());
  }

  private boolean fitsList(JsonArray expected, JsonArray actual, String path) {
    int at = 0;
    for (int i = 0; i < expected.size(); i++) {
      if (at == actual.size()) {
        return false;
      }
      var item = expected.get(i);
      match(item, actual.get(at++), path + "[" + i + "]");
      while (item.isJsonObject() && item.getAsJsonObject().has("$repeat") && at < actual.size()
          && repeats(item, actual.get(at))) {
        at++;
      }
    }
    return at == actual.size();
  }

  private boolean repeats(JsonElement expected, JsonElement actual) {
    try {
      match(expected, actual, "");
      return true;
    } catch (Mismatch other) {
      return false;
    }
  }

  private boolean fitsText(String expected, JsonElement actual) {
    if (expected.equals("$unset") || actual.equals(ABSENT)) {
      return actual.equals(new JsonPrimitive(expected));
    }
    int colon = expected.indexOf(':');
    var argument = expected.substring(colon + 1);
    switch (colon < 0 ? expected : expected.substring(0, colon)) {
      case "$any":
        return true;
      case "$save":
        saved.put(argument, actual.getAsString());
        return true;
      case "$contains":
        return isText(actual) && actual.getAsString().contains(fill(argument));
      case "$at_least":
        return isText(actual) && seconds(actual.getAsString()) >= seconds(argument);
      default:
        return isText(actual) && fill(expected).equals(actual.getAsString());
    }
  }

  private static double seconds(String duration) {
    return Double.parseDouble(duration.substring(0, duration.length() - 1));
  }

  private static boolean isText(JsonElement value) {
    return value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
  }

  private static boolean isNumber(JsonElement value) {
    return value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
  }
}
