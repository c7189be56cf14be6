// A secret key and four orders: paid, paid and refunded, cancelled (in yen), delivered with one of two cups sent back.
// Goods are handed over through the modules: the workflow would want a stock location and a shipping option first.
const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")

const IVA = { code: "es21", description: "IVA", rate: 21 }
const TOTAL = 26.62

module.exports.default = async function seed({ container }) {
  const run = async (workflow, input) => (await workflow(container).run({ input })).result
  const orders = container.resolve(Modules.ORDER)

  const sell = async (currency_code, number) => {
    const [order] = await orders.createOrders([
      {
        currency_code,
        email: `client${number}@correo.example`,
        locale: "ca-ES",
        shipping_address: {
          first_name: "Núria",
          last_name: "Soler",
          address_1: "Carrer Nou 1",
          postal_code: "17001",
          city: "Girona",
          country_code: "es",
        },
        items: [
          {
            title: "Tassa blanca",
            variant_sku: "TASSA-1",
            quantity: 2,
            unit_price: 10,
            requires_shipping: true,
            tax_lines: [IVA],
            adjustments: [{ code: "HOLA10", amount: 2 }],
          },
        ],
        shipping_methods: [{ name: "DHL", amount: 4, tax_lines: [IVA] }],
      },
    ])
    const [collection] = await run(flows.createOrderPaymentCollectionWorkflow, { order_id: order.id, amount: TOTAL })
    const payment = await run(flows.markPaymentCollectionAsPaid, {
      order_id: order.id,
      payment_collection_id: collection.id,
    })
    return { order: await orders.retrieveOrder(order.id, { relations: ["items"] }), payment }
  }

  await sell("eur", 1)

  const refunded = await sell("eur", 2)
  await run(flows.refundPaymentWorkflow, { payment_id: refunded.payment.id, amount: 12.1, note: "rota" })

  const cancelled = await sell("jpy", 3)
  await run(flows.cancelOrderWorkflow, { order_id: cancelled.order.id })

  const returned = await sell("eur", 4)
  const [item] = returned.order.items
  const sent = await container.resolve(Modules.FULFILLMENT).createFulfillment({
    location_id: "nowhere",
    provider_id: "manual_manual",
    shipping_option_id: null,
    order: {},
    delivery_address: { country_code: "es" },
    items: [{ title: "Tassa", sku: "TASSA-1", barcode: "", quantity: 2, line_item_id: item.id }],
    labels: [{ tracking_number: "JD014600003", tracking_url: "#", label_url: "#" }],
    packed_at: new Date(),
    shipped_at: new Date(),
  })
  await container.resolve(ContainerRegistrationKeys.LINK).create({
    [Modules.ORDER]: { order_id: returned.order.id },
    [Modules.FULFILLMENT]: { fulfillment_id: sent.id },
  })
  await orders.registerFulfillment({ order_id: returned.order.id, items: [{ id: item.id, quantity: 2 }] })
  await run(flows.markOrderFulfillmentAsDeliveredWorkflow, { orderId: returned.order.id, fulfillmentId: sent.id })
  const { return_id } = await run(flows.beginReturnOrderWorkflow, { order_id: returned.order.id })
  const back = { return_id, items: [{ id: item.id, quantity: 1 }] }
  await run(flows.requestItemReturnWorkflow, back)
  await run(flows.confirmReturnRequestWorkflow, { return_id })
  await run(flows.beginReceiveReturnWorkflow, { return_id })
  await run(flows.receiveItemReturnRequestWorkflow, back)
  await run(flows.confirmReturnReceiveWorkflow, { return_id })
  await run(flows.refundPaymentWorkflow, { payment_id: returned.payment.id, amount: 10.89 })

  const keys = [{ title: "postventa", type: "secret", created_by: "" }]
  const [key] = await run(flows.createApiKeysWorkflow, { api_keys: keys })
  console.log(`POSTVENTA_MEDUSA_KEY=${key.token}`)
}
