extends RefCounted
## What the cluster wants done with nodes that SceneMultiplayer cannot do: keep one that moves, and free one that came with a
## scene. Paths are from the tree's root. A node that was moved has no number with SceneMultiplayer any more, so nobody else
## frees it when the session is over.

var _lifted: Dictionary[int, Node] = {} # out of the tree
var _watching: Dictionary[int, Array] = {} # connections that are cut meanwhile
var _put: Dictionary[int, Node] = {} # moved to where they are


## Does it. Returns what is wrong if it cannot be done, otherwise nothing.
func take(move: Array) -> String:
	if move.size() == 3 and move[0] == "lift" and move[1] is int and move[2] is String:
		return _lift(move[1], move[2])
	if move.size() == 4 and move[0] == "put" and move[1] is int and move[2] is String and move[3] is String:
		return _put_back(move[1], move[2], move[3])
	if move.size() == 2 and move[0] == "drop" and move[1] is int:
		return _drop(move[1])
	if move.size() == 3 and move[0] == "free" and move[1] is String and move[2] is String:
		return _free(move[1], move[2])
	return "an unknown move"


## The session is over: as spawned nodes go with it, so do these.
func end() -> void:
	for node: Variant in _lifted.values() + _put.values():
		if is_instance_valid(node):
			(node as Node).queue_free()
	_lifted.clear()
	_watching.clear()
	_put.clear()


func _lift(id: int, path: String) -> String:
	var node := _find(path)
	if node == null or node.get_parent() == null:
		return "there is no %s to move" % path
	node.get_parent().remove_child(node)
	_lifted[id] = node
	_watching[id] = _stop_watching(node)
	return ""


func _put_back(id: int, parent_path: String, its_name: String) -> String:
	if not is_instance_valid(_lifted.get(id)):
		return "nothing was kept that could move to %s/%s" % [parent_path, its_name]
	var node := _lifted[id]
	var watching: Array = _watching[id]
	_lifted.erase(id)
	_watching.erase(id)
	var parent := _find(parent_path)
	if parent == null or parent.has_node(its_name):
		node.queue_free()
		return "there is no room for %s below %s" % [its_name, parent_path]
	node.name = its_name
	parent.add_child(node)
	# The spawners themselves watch again by now.
	for connection: Dictionary in watching:
		var of: Signal = connection.signal
		if is_instance_valid(of.get_object()) and not of.is_connected(connection.callable):
			of.connect(connection.callable, connection.flags)
	_put[id] = node
	return ""


func _drop(id: int) -> String:
	if not is_instance_valid(_lifted.get(id)):
		return "nothing was kept that could be freed"
	_lifted[id].queue_free()
	_lifted.erase(id)
	_watching.erase(id)
	return ""


func _free(path: String, spawner_path: String) -> String:
	var node := _find(path)
	# The game may have freed it itself.
	if node == null or node.get_parent() == null:
		return ""
	node.get_parent().remove_child(node)
	node.queue_free()
	var spawner := _find(spawner_path) as MultiplayerSpawner if not spawner_path.is_empty() else null
	if spawner != null:
		spawner.despawned.emit(node)
	for id: int in _put.keys():
		if not is_instance_valid(_put[id]) or _put[id] == node:
			_put.erase(id)
	return ""


# A MultiplayerSpawner that has left the tree watches on for children of its spawn path, and the engine dies of it when one
# comes: a spawner without a tree has no multiplayer to ask.
func _stop_watching(top: Node) -> Array:
	var cut := []
	for spawner: Node in [top] + top.find_children("*", "MultiplayerSpawner", true, false):
		if spawner is not MultiplayerSpawner:
			continue
		for connection: Dictionary in spawner.get_incoming_connections():
			var of: Signal = connection.signal
			if of.get_name() == &"child_entered_tree":
				of.disconnect(connection.callable)
				cut.append(connection)
	return cut


func _find(path: String) -> Node:
	var tree := Engine.get_main_loop() as SceneTree
	return tree.root.get_node_or_null(path) if tree != null else null
