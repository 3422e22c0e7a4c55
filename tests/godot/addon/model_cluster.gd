extends RefCounted
# A cluster of a few lines: one tree, transactions one after the other, and followers that hear of them later.

class Peer:
	extends BanyanMultiplayerPeer

	var cluster: RefCounted
	var is_away := false
	var inbox := [] # [due in polls, message]
	var delay := func() -> int: return 0
	var said := []

	func send_tree(message: Array) -> bool:
		if is_away:
			return false
		said.append(message)
		cluster.receive(self, bytes_to_var(var_to_bytes(message)))
		return true

	func _get_connection_status() -> ConnectionStatus:
		return CONNECTION_CONNECTED

	func _get_unique_id() -> int:
		return 2

	func _poll() -> void:
		pass

	func hear(message: Array) -> void:
		var due: int = delay.call()
		inbox.append([due if inbox.is_empty() else maxi(due, inbox.back()[0]), var_to_bytes(message)])

	func step() -> void:
		for entry: Array in inbox:
			entry[0] -= 1
		while not inbox.is_empty() and inbox[0][0] < 0 and not is_away:
			tree_received.emit(bytes_to_var(inbox.pop_front()[1]))

	func lose() -> void:
		is_away = true
		inbox.clear()
		cluster.followers.erase(self)

	func come_again() -> void:
		is_away = false
		resumed.emit(1)


var types := { ".": "Node3D" } # by path
var values := { ".": {} }
var followers := {} # peer to id
var done := {} # requests that are committed: peer and number
var refuses := func(_operations: Array) -> String: return ""
var commits := 0


func receive(peer: Peer, message: Array) -> void:
	match message[0]:
		"follow":
			followers[peer] = message[1]
			peer.hear(["tree", message[1], tree()])
		"unfollow":
			followers.erase(peer)
		"change":
			var key := "%s %s" % [peer.get_instance_id(), message[2]]
			var error := "" if done.has(key) else commit(message[3])
			if error.is_empty():
				done[key] = true
			if followers.has(peer):
				peer.hear(["done", message[1], message[2], error])


# All of them, or none.
func commit(operations: Array) -> String:
	var error: String = refuses.call(operations)
	var before := [types.duplicate(), values.duplicate(true)]
	for operation: Array in operations:
		if error.is_empty():
			error = apply(operation)
	if not error.is_empty():
		types = before[0]
		values = before[1]
		return error
	commits += 1
	for peer: Peer in followers:
		peer.hear(["changes", followers[peer], operations])
	return ""


func apply(operation: Array) -> String:
	var path: String = operation[1]
	if not types.has(path):
		return "%s: there is no %s" % [operation[0], path]
	match operation[0]:
		"spawn":
			var child := below(path, operation[2])
			if types.has(child):
				return "spawn: there is a %s" % child
			types[child] = operation[3]
			values[child] = operation[4].duplicate()
		"remove":
			for gone: String in types.keys():
				if gone == path or gone.begins_with(path + "/"):
					types.erase(gone)
					values.erase(gone)
		"set":
			values[path].merge(operation[2], true)
		"move":
			var to := below(operation[2], operation[3])
			if not types.has(operation[2]) or types.has(to) or (operation[2] + "/").begins_with(path + "/"):
				return "move: %s cannot be %s" % [path, to]
			for moved: String in types.keys():
				if moved == path or moved.begins_with(path + "/"):
					types[to + moved.substr(path.length())] = types[moved]
					values[to + moved.substr(path.length())] = values[moved]
					types.erase(moved)
					values.erase(moved)
	return ""


func tree() -> Array:
	var paths := types.keys()
	# Parents first.
	paths.sort_custom(func(a: String, b: String) -> bool: return a.count("/") < b.count("/") or a.count("/") == b.count("/") and a < b)
	paths.erase(".")
	paths.push_front(".")
	return paths.map(func(path: String) -> Array: return [path, types[path], values[path]])


static func below(path: String, name: String) -> String:
	return name if path == "." else path + "/" + name
