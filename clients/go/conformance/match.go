package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// absent stands for a missing value; JSON's null is a value.
const absent = "$unset"

type variables map[string]string

// match returns an error if actual isn't as expected.
func (v variables) match(expected, actual interface{}, path string) error {
	fits := false
	switch expected := expected.(type) {
	case map[string]interface{}:
		if actual, is := actual.(map[string]interface{}); is {
			return v.matchObject(expected, actual, path)
		}
	case []interface{}:
		if actual, is := actual.([]interface{}); is {
			return v.matchList(expected, actual, path)
		}
	case string:
		fits = v.matchText(expected, actual)
	default:
		fits = reflect.DeepEqual(expected, actual)
	}
	if !fits {
		return mismatch(expected, actual, path)
	}
	return nil
}

func (v variables) matchObject(expected, actual map[string]interface{}, path string) error {
	for name, value := range expected {
		if name == "$only" || name == "$repeat" {
			continue
		}
		came, has := actual[name]
		if !has {
			came = absent
		}
		if err := v.match(value, came, path+"."+name); err != nil {
			return err
		}
	}
	if _, only := expected["$only"]; only {
		for name := range actual {
			if _, named := expected[name]; !named {
				return mismatch(expected, actual, path)
			}
		}
	}
	return nil
}

func (v variables) matchList(expected, actual []interface{}, path string) error {
	at := 0
	for i, item := range expected {
		if at == len(actual) {
			return mismatch(expected, actual, path)
		}
		if err := v.match(item, actual[at], fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
		at++
		object, _ := item.(map[string]interface{})
		if _, repeats := object["$repeat"]; repeats {
			for at < len(actual) && v.match(item, actual[at], path) == nil {
				at++
			}
		}
	}
	if at < len(actual) {
		return mismatch(expected, actual, path)
	}
	return nil
}

func (v variables) matchText(expected string, actual interface{}) bool {
	text, isText := actual.(string)
	if expected == absent || text == absent {
		return expected == text
	}
	rule, argument, _ := strings.Cut(expected, ":")
	switch rule {
	case "$any":
		return true
	case "$save":
		v[argument] = fmt.Sprint(actual)
		return true
	case "$contains":
		return isText && strings.Contains(text, v.fill(argument).(string))
	case "$at_least":
		return isText && seconds(text) >= seconds(argument)
	}
	return isText && v.fill(expected) == text
}

// fill replaces ${name} in every string of a JSON value.
func (v variables) fill(value interface{}) interface{} {
	switch value := value.(type) {
	case string:
		for name, as := range v {
			value = strings.ReplaceAll(value, "${"+name+"}", as)
		}
		return value
	case []interface{}:
		filled := make([]interface{}, len(value))
		for i, item := range value {
			filled[i] = v.fill(item)
		}
		return filled
	case map[string]interface{}:
		filled := map[string]interface{}{}
		for name, item := range value {
			filled[v.fill(name).(string)] = v.fill(item)
		}
		return filled
	}
	return value
}

func seconds(duration string) float64 {
	value, err := strconv.ParseFloat(strings.TrimSuffix(duration, "s"), 64)
	if err != nil {
		return -1
	}
	return value
}

func mismatch(expected, actual interface{}, path string) error {
	return fmt.Errorf("%s: expected %s, got %s", path, text(expected), text(actual))
}

func text(value interface{}) string {
	described, _ := json.Marshal(value)
	return string(described)
}
