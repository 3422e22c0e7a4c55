extends RefCounted
## The parts of a mirrored subtree.


## A node as the cluster has it, and the node here that shows it.
class Mirrored:
	extends RefCounted

	## Its name in the cluster.
	var name: String
	var parent: Mirrored
	var children: Dictionary[String, Mirrored] = {}
	## The node here. It may be gone, or stand somewhere else: that is what the cluster is to be told.
	var node: Node
	## Its instance id, also after it is gone.
	var node_id := 0
	## The watched properties, as they were when the cluster and this side agreed.
	var values: Dictionary[StringName, Variant] = {}
	## What was sent and has not come back.
	var sent: Dictionary[StringName, Variant] = {}
	## Its type and the properties that the cluster has of it: another one at the same path has others.
	var type := ""
	var told: Dictionary[StringName, bool] = {}
	## It was moved here, which was sent and has not come back.
	var is_moving := false

	func _init(its_name: String, its_node: Node) -> void:
		name = its_name
		node = its_node

	## True if there is a node to look at.
	func is_alive() -> bool:
		return is_instance_valid(node) and not node.is_queued_for_deletion()

	func path() -> String:
		return "." if parent == null else name if parent.parent == null else parent.path() + "/" + name

	## Puts it below another one.
	func attach(to: Mirrored, its_name: String) -> void:
		detach()
		parent = to
		name = its_name
		to.children[its_name] = self

	func detach() -> void:
		if parent != null:
			parent.children.erase(name)
		parent = null

	## The one at a path below; null if there is none.
	func find(at: String) -> Mirrored:
		if at == ".":
			return self
		var found := self
		for part in at.split("/"):
			if not found.children.has(part):
				return null
			found = found.children[part]
		return found

	## True if it is this one, or stands below it.
	func contains(other: Mirrored) -> bool:
		while other != null and other != self:
			other = other.parent
		return other == self

	## Itself and all below.
	func all() -> Array[Mirrored]:
		var result: Array[Mirrored] = [self]
		var at := 0
		while at < result.size():
			result.append_array(result[at].children.values())
			at += 1
		return result
