@tool
extends EditorPlugin
# The classes register themselves, by their class_name and icon, and there is no autoload: a game decides itself when it
# connects. What the plugin adds is a place for the cluster's addresses, for BanyanMultiplayerPeer.connect_to().

const _GATEWAYS := "banyan/gateways"


func _enter_tree() -> void:
	if not ProjectSettings.has_setting(_GATEWAYS):
		ProjectSettings.set_setting(_GATEWAYS, PackedStringArray())
	ProjectSettings.set_initial_value(_GATEWAYS, PackedStringArray())
	ProjectSettings.set_as_basic(_GATEWAYS, true)
	ProjectSettings.add_property_info({ name = _GATEWAYS, type = TYPE_PACKED_STRING_ARRAY })
